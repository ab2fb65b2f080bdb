"""Networks that stage sleep, with their preprocessing."""
