"""The lines that a build needs to push its results: for a project, with a token."""
