"""Django's PostgreSQL backend for the embedded server: it starts when first needed."""
