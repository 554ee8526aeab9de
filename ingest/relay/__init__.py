"""What was pushed here handed on to its vendor: stored first, then sent in order."""
