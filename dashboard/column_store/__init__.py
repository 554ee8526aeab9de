"""A copy of the results in columns, by project and month: metrics over many rows read it."""
