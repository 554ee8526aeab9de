"""Metrics in Prometheus' form: what this process counted, and what the installation holds."""
