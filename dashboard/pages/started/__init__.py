"""Runs started at a tool: the form, the acts, and the page that follows one."""
