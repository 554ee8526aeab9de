"""The same year of results here, in the fastest open peer, and beside SQL by hand."""
