"""`manage.py import_junit`: files of JUnit XML as runs, without any vendor."""

from __future__ import annotations

from dashboard.management.file_import import FileImport


class Command(FileImport):
    help = "Store results from files of JUnit XML, which may be gzipped."
    format = "junit"
