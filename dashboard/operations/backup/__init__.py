"""Backups: the whole database in one file, as of one moment, and put back into a new one."""


class BackupError(Exception):
    """It cannot be made or put back; says why and what to do."""
