"""One message posted to an address that a person entered, guarded as vendors' are."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
import urllib3

from ingest.contract import VendorError
from ingest.http import PrivateAddressError, check_address, retry_after_s
from ingest.http.limits import OutOfTimeError, TooMuchError, allowed
from ingest.http.sockets import guarded_session

# From the connection to the last byte: a worker waits, and others behind it.
LIMIT_S = 10.0
LARGEST_ANSWER_BYTES = 64 * 2**10
HEADER_BYTES = 64 * 2**10
# Those of requests are of the first kind, those of urllib3 itself are not.
_BROKEN = (OSError, urllib3.exceptions.HTTPError)


@dataclass(frozen=True, slots=True)
class Posted:
    """What the other side answered. `is_whole`: what it said after its headers could be
    read; else `content` is empty, though the code holds.
    """

    code: int
    headers: Mapping[str, str]
    content: bytes
    is_whole: bool = True

    @property
    def retry_after_s(self) -> float | None:
        return retry_after_s(self.headers.get("Retry-After"))


class NotPosted(Exception):
    """There was no answer. `sentence` holds nothing of the address but its host;
    `is_final`: another try would end alike.
    """

    def __init__(self, sentence: str, *, is_final: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.is_final = is_final


def origin(url: str) -> str:
    """The part of an address that may be told: what follows the host is often a key."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, allow_private_urls: bool
) -> Posted:
    """The answer to one POST, whatever its code; redirects are not followed.

    Raises NotPosted.
    """
    try:
        check_address(origin(url), allow_private_urls=allow_private_urls)
    except ValueError:
        raise NotPosted("The address cannot be used.", is_final=True) from None
    except VendorError as error:
        # A name that cannot be looked up may be there later; what is private stays so.
        is_final = "private network" in error.sentence or "leads to" in error.sentence
        raise NotPosted(error.sentence, is_final=is_final) from None
    try:
        return _posted(url, body, headers, allow_private_urls)
    except _BROKEN as error:
        raise _trouble(origin(url), error) from None


def _posted(
    url: str, body: bytes, headers: Mapping[str, str], allow_private_urls: bool
) -> Posted:
    limit_bytes = LARGEST_ANSWER_BYTES + HEADER_BYTES
    with (
        allowed(limit_s=LIMIT_S, limit_bytes=limit_bytes),
        guarded_session(allow_private_urls) as session,
        session.post(
            url,
            data=body,
            headers=dict(headers),
            timeout=(LIMIT_S, LIMIT_S),
            allow_redirects=False,
            stream=True,
        ) as answer,
    ):
        code, told = answer.status_code, answer.headers
        try:
            content = answer.raw.read(LARGEST_ANSWER_BYTES, decode_content=True)
        except _BROKEN:
            # It took the message, or refused it, before.
            return Posted(code, told, b"", is_whole=False)
        return Posted(code, told, content or b"")


def _trouble(host: str, error: BaseException) -> NotPosted:
    cause = error
    while cause.__cause__ or cause.__context__:
        if isinstance(cause, PrivateAddressError | OutOfTimeError | TooMuchError):
            break
        cause = cause.__cause__ or cause.__context__ or cause
    if isinstance(cause, PrivateAddressError):
        return NotPosted(cause.sentence(host), is_final=True)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return NotPosted(f"The certificate of {host} could not be verified.")
    if isinstance(cause, TooMuchError):
        return NotPosted(f"{host} answered with more than Passline reads.")
    if _is_timeout(error) or _is_timeout(cause):
        return NotPosted(f"{host} did not answer within {LIMIT_S:.0f} s.")
    return NotPosted(f"{host} could not be reached, or broke off.")


def _is_timeout(error: BaseException) -> bool:
    kinds = (
        TimeoutError,
        requests.exceptions.Timeout,
        urllib3.exceptions.TimeoutError,
    )
    return isinstance(error, kinds) and not isinstance(
        error, urllib3.exceptions.NewConnectionError
    )
