"""Every number once: functions from filters to frozen rows (docs/metrics.md)."""
