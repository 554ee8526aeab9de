"""What people decide, stored with who and when; a number that it changes is told so."""
