"""What came back: an answer's parts, the pause it asks for, and what may be shown."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import quote

# A vendor's slip, such as milliseconds for seconds, must not silence it for years.
LONGEST_RETRY_AFTER_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def looks_like_html(self) -> bool:
        kind = self.headers.get("Content-Type", "")
        return "html" in kind or self.content[:1] == b"<"


def retry_after_s(header: str | None) -> float | None:
    """Seconds that a Retry-After header asks for, in either of its two forms."""
    if header is None:
        return None
    try:
        return _pause(float(header))
    except ValueError:
        pass
    try:
        asked = parsedate_to_datetime(header)
    except (ValueError, TypeError):
        return None
    # "-0000" gives a time without a zone, which means UTC here.
    aware = asked if asked.tzinfo else asked.replace(tzinfo=UTC)
    return _pause(aware.timestamp() - time.time())


def _pause(seconds: float) -> float | None:
    """A pause that can be kept: at most a day, None for what is no number."""
    if math.isnan(seconds):
        return None
    return min(max(0.0, seconds), LONGEST_RETRY_AFTER_S)


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` without the secrets, bearer tokens and JWTs in it."""
    for secret in filter(None, secrets):
        # As it is, as it stands inside JSON, and as it stands in an address.
        for spelling in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
            text = text.replace(spelling, "***")
    text = re.sub(r"(?i)\b(bearer\s+)\S+", r"\1***", text)
    return re.sub(r"\beyJ[\w-]+(\.[\w-]+){0,2}", "***", text)
