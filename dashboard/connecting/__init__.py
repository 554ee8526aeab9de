"""Connecting a tool: what was typed, what a test found, and how both are shown."""
