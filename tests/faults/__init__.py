"""Faults of machines and services, with real processes: what is left, and what follows."""
