"""How times are read from the answers of PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import BaseTzLoader


class UtcLoader(BaseTzLoader):  # type: ignore[misc] # it has no types
    """Django's goes through a regular expression and three objects for each time, of
    which a page has a thousand. What Python cannot read in one go (years before Christ)
    is left to it.
    """

    timezone = UTC

    def load(self, data: Any) -> Any:
        try:
            found = datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            return super().load(data)
        return found if found.tzinfo is UTC else super().load(data)
