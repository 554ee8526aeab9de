"""Testably's upload of results from CI, as JSON or as JUnit XML in it."""
