"""What is pushed in."""
