"""The registry of vendors: a dict, no discovery."""
