"""Choice of the channels to use: by type and name, without twins and bad ones."""
