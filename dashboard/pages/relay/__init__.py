"""What is handed on to the tools, and what of it waits for a person."""
