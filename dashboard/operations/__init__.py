"""How an installation fares, told to machines and to whoever runs it, and its backups."""
