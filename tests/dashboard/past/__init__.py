"""Looks at the past."""
