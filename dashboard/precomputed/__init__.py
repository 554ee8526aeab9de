"""Figures that were computed before anybody asked: in tables, else in the shared cache."""
