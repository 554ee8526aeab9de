"""Requests to a server that the settings name, guarded and limited as vendors' are."""

from __future__ import annotations

import os
from typing import Any

import requests
import urllib3

from ingest.decoding import OF_ANSWERS, TooComplexError, check_structure
from ingest.http.limits import allowed
from ingest.http.sockets import guarded_session

# From the connection to the last byte: a web process waits, and a person with it.
LIMIT_S = 10.0
LARGEST_ANSWER_BYTES = 2**20
HEADER_BYTES = 64 * 2**10


class LimitedSession(requests.Session):
    """Its answers are read whole, and are small; whatever goes wrong is a
    RequestException. No redirect is followed: it would lead wherever the other side says.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        # A provider inside of a company often has a certificate of the company's own.
        self.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        # It may be in a private network; the metadata of a cloud it is never.
        self.adapters = guarded_session(True).adapters

    def request(self, *args: Any, **words: Any) -> requests.Response:
        words |= {"allow_redirects": False, "stream": True, "timeout": LIMIT_S}
        try:
            return self._whole(*args, **words)
        except requests.RequestException:
            raise
        except (OSError, TooComplexError, urllib3.exceptions.HTTPError) as error:
            raise requests.ConnectionError(str(error)) from error

    def _whole(self, *args: Any, **words: Any) -> requests.Response:
        limit_bytes = LARGEST_ANSWER_BYTES + HEADER_BYTES
        with (
            allowed(limit_s=LIMIT_S, limit_bytes=limit_bytes),
            super().request(*args, **words) as answer,
        ):
            content = answer.raw.read(LARGEST_ANSWER_BYTES + 1, decode_content=True)
        if len(content) > LARGEST_ANSWER_BYTES:
            raise requests.ConnectionError("more than is read")
        check_structure(content, OF_ANSWERS)
        # Where requests keeps what was read.
        answer._content, answer._content_consumed = content, True  # type: ignore[attr-defined]
        return answer
