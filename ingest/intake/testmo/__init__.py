"""Testmo's automation write API: its six bodies, and what a new run belongs to."""
