"""Runs that somebody here asked a vendor to start, asked once and followed to their end."""
