"""Passline's Django project and everything that people see; it only reads results."""
