"""What models learn: classes, label sets or numbers, and how much each window counts."""
