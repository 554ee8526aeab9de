"""The columnar copy of the results."""
