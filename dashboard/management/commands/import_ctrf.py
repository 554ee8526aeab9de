"""`manage.py import_ctrf`: files of CTRF as runs, without any vendor."""

from __future__ import annotations

from dashboard.management.file_import import FileImport


class Command(FileImport):
    help = "Store results from files of CTRF, which may be gzipped."
    format = "ctrf"
