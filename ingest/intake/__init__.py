"""What is pushed to us: parsed by its format, stored at once, one request at a time."""
