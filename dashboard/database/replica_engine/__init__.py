"""Django's PostgreSQL backend for a read replica, in whose place the primary can step."""
