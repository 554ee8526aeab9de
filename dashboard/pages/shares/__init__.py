"""Shares: making one, the list of them, and what a visitor is answered."""
