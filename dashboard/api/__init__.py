"""REST API v1: thin views over dashboard.lists and dashboard.metrics."""
