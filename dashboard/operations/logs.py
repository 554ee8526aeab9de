"""How a line of the log looks: for people, or as a JSON object for what collects them."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from dashboard.security import RedactingFormatter, redact
from ingest.logged import ids

# What `logger.info(…, extra={"told": {…}})` adds to a JSON line; in text the message says it.
TOLD = "told"


class TracebacksOfFaults(logging.Filter):
    """Takes the traceback from what was refused: it shows no fault of ours, and whoever
    asks for it again and again would fill the log with it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if 400 <= getattr(record, "status_code", 0) < 500:
            record.exc_info = record.exc_text = None
        return True


class TextFormatter(RedactingFormatter):
    """The ids stand behind the message, in front of a traceback."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        known = " ".join(f"{name}={value}" for name, value in ids().items())
        return f"{line} [{known}]" if known else line


class JsonFormatter(logging.Formatter):
    """One object a line. Each text in it is redacted before quotes are escaped."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
            "process": record.process,
            **ids(),
        }
        for name, value in getattr(record, TOLD, {}).items():
            line[name] = redact(value) if isinstance(value, str) else value
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)
