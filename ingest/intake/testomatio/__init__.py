"""Testomat.io's reporter API and its import of tests, in its own words."""
