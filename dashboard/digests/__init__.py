"""Digests and alerts: what they say, when, to whom, and whether it arrived."""
