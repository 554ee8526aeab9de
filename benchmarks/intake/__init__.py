"""What is pushed here: how fast it is taken in, and what that costs."""
