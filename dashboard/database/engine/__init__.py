"""Django's PostgreSQL backend, with settings that belong to transactions alone."""
