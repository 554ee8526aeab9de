"""From which servers a browser may take the pictures and videos of results."""

from __future__ import annotations

from mimetypes import guess_type
from typing import Literal
from urllib.parse import urlsplit

from django.conf import settings

from ingest.origins import PORTS, web_link

Media = Literal["", "image", "video"]


def media_of(url: str, mime_type: str) -> Media:
    """What a page shows of a file itself, "" where it is a link only: of an allowed host,
    and a picture or a video by its type, else by its name.
    """
    if not web_link(url) or server_of(url) not in settings.EVIDENCE_HOSTS:
        return ""
    kind = mime_type or guess_type(urlsplit(url).path)[0] or ""
    match kind.partition("/")[0].lower():
        case "image":
            return "image"
        case "video":
            return "video"
    return ""


def server_of(url: str) -> str:
    """Scheme, host and port as EVIDENCE_HOSTS has them: without a usual port."""
    parts = urlsplit(url)
    host = f"{parts.scheme}://{parts.hostname}"
    is_usual = parts.port in {None, PORTS.get(parts.scheme)}
    return host if is_usual else f"{host}:{parts.port}"
