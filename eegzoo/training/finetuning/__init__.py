"""Fine-tuning of pretrained models: learning rates by depth, frozen features, low-rank changes."""
