"""The one client: auth, time-outs, the only retry, and errors in sentences."""

from __future__ import annotations

import logging
import re
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeAlias

import requests
import urllib3

from ingest.contract import ConfigError, PayloadError, RetryableError, VendorError
from ingest.decoding import TooComplexError, decoded
from ingest.http.addresses import PrivateAddressError, check_address
from ingest.http.answers import Answer, redact, retry_after_s
from ingest.http.limits import OutOfTimeError, TooMuchError, allowed, has_time_for
from ingest.http.packed import PackedRows, split
from ingest.http.sockets import guarded_session
from ingest.starting import UnclearError

log = logging.getLogger(__name__)

# For a connection, and between two signs of life.
TIMEOUT_S = (10, 60)
# For one try from the connection to the last byte, and for all tries with the pauses
# between them: less than a claim on a project lasts.
TRY_LIMIT_S = 120.0
REQUEST_LIMIT_S = 240.0
TRIES = 4
FIRST_PAUSE_S = 0.5
# Longer than this nobody sleeps with a project claimed; a later sync goes on instead.
LONGEST_PAUSE_S = 120.0
# A person waits for what is sent once, and a web process with them.
ONCE_LIMIT_S = 45.0
LARGEST_ANSWER_BYTES = 8 * 2**20
# With a list that is declared to be large, whose rows are decoded one by one.
LARGEST_LIST_BYTES = 32 * 2**20
# Around an answer: its headers, of which there are at most a hundred lines.
HEADER_BYTES = 2**20
ANSWER_SHOWN = 500


Sleep: TypeAlias = Callable[[float], None]
Renew: TypeAlias = Callable[[], Mapping[str, str]]


class MissingError(PayloadError):
    """The vendor answered 404: the thing asked for does not exist there."""


class UnsupportedError(PayloadError):
    """The vendor answered 405 or 501: this instance has no such endpoint."""


class UnreachedError(RetryableError):
    """No connection came about: the vendor saw nothing of the request."""


class _Retry(Exception):
    """Inside this file only: try again after `pause_s`, else raise `error`."""

    def __init__(self, error: VendorError, pause_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.pause_s = pause_s


class ApiClient:
    """JSON over HTTP with one vendor.

    `headers` carry the credentials; `secrets` are redacted from whatever is shown or
    logged. `renew`, when given, is called once for a 401 or 403 and gives new headers.
    `pause_s` is the wait after a 429 that names none. `large_list` names a list at the
    top of answers that may make them as large as LARGEST_LIST_BYTES; such a list is gone
    through once, not indexed.
    """

    def __init__(
        self,
        base_url: str,
        *,
        label: str,
        headers: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
        allow_private_urls: bool = False,
        renew: Renew | None = None,
        pause_s: float = 60.0,
        large_list: str = "",
        sleep: Sleep | None = None,
    ) -> None:
        check_address(base_url, allow_private_urls=allow_private_urls)
        self.base_url = base_url.rstrip("/")
        self.label = label
        self.requests_made = 0
        self._secrets = [secret for secret in secrets if secret]
        self._renew = renew
        self._pause_s = pause_s
        self._large_list = large_list
        self._limit_bytes = LARGEST_LIST_BYTES if large_list else LARGEST_ANSWER_BYTES
        self._sleep: Sleep = sleep or (lambda seconds: time.sleep(seconds))
        self._session = guarded_session(allow_private_urls)
        self._use(headers or {})

    def _use(self, headers: Mapping[str, str]) -> None:
        # requests would name the whole header, credential and all, in its own error.
        if not all(re.fullmatch(r"[ -~]*", value) for value in headers.values()):
            raise ConfigError(
                f"{self.label}: the credentials hold line breaks or characters that "
                f"no key has. Copy them again."
            )
        self._session.headers.update(headers)

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self.request("GET", path, params=params)

    def post(
        self, path: str, body: Any, params: Mapping[str, Any] | None = None
    ) -> Any:
        return self.request("POST", path, params=params, body=body)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
    ) -> Any:
        """The parsed JSON of one call, after the retries that it deserved.

        Raises ConfigError for refused credentials and addresses that cannot work,
        MissingError for 404, PayloadError for answers that are not JSON or too large,
        and RetryableError when the trouble outlasted the retries or REQUEST_LIMIT_S.
        """
        with allowed(limit_s=REQUEST_LIMIT_S):
            return self._request(method, path, params, body)

    def request_once(self, method: str, path: str, body: Any = None) -> Any:
        """Like `request`, for what must not be done twice: sent again only where the
        vendor saw nothing of it, or said that it was too early.

        Raises UnclearError where nobody knows what became of it, else as `request`.
        """
        try:
            with allowed(limit_s=ONCE_LIMIT_S):
                return self._request(method, path, None, body, is_once=True)
        except UnreachedError:
            raise
        except (PayloadError, RetryableError) as error:
            if _says_no(error):
                raise
            raise UnclearError(
                f"{self.label} gave no answer that says whether it was done. Look there "
                f"before you try again. ({error.sentence})",
                answer=error.answer,
                cause=error.sentence,
            ) from None

    def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Any,
        *,
        is_once: bool = False,
    ) -> Any:
        renewed = False
        for attempt in range(1, TRIES + 1):
            try:
                answer = self._send(method, path, params, body)
                if answer.code in (401, 403) and self._renew and not renewed:
                    renewed = True
                    self._use(self._renew())
                    answer = self._send(method, path, params, body)
                return self._parsed(answer, f"{method} {self.redacted(path)}")
            except _Retry as retry:
                if is_once and not _was_not_taken(retry.error):
                    raise retry.error from None
                self._pause_or_raise(retry, attempt)
        raise AssertionError("the last try either returns or raises")

    def _send(
        self, method: str, path: str, params: Mapping[str, Any] | None, body: Any
    ) -> Answer:
        self.requests_made += 1
        limit_bytes = self._limit_bytes + HEADER_BYTES
        try:
            with (
                allowed(limit_s=TRY_LIMIT_S, limit_bytes=limit_bytes),
                self._session.request(
                    method,
                    f"{self.base_url}{path}",
                    params=params,
                    json=body,
                    timeout=TIMEOUT_S,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                content = self._content(response)
                return Answer(response.status_code, response.headers, content)
        except requests.exceptions.SSLError as error:
            raise self._tls_trouble(error, path) from None
        except OSError as error:
            # Those of requests are such errors too.
            raise self._connection_trouble(error, path) from None

    def _content(self, response: requests.Response) -> bytes:
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_content(2**16):
            size += len(chunk)
            if size > self._limit_bytes:
                raise TooMuchError
            chunks.append(chunk)
        return b"".join(chunks)

    def _tls_trouble(self, error: Exception, path: str) -> Exception:
        cause = _root_of(error)
        # Which of the two a closed connection is depends on the version of Python.
        lost = ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionError
        if isinstance(cause, lost):
            return self._connection_trouble(error, path)
        if isinstance(cause, ssl.SSLCertVerificationError):
            what = "the certificate could not be verified"
        else:
            what = "no encrypted connection could be made"
        return ConfigError(
            f"{self.label}: {what} ({self.base_url}). Check the address or have the "
            f"certificate mended.",
            answer=self.redacted(str(error)),
        )

    def _connection_trouble(self, error: Exception, path: str) -> Exception:
        cause = _root_of(error)
        if isinstance(cause, PrivateAddressError):
            return ConfigError(cause.sentence(self.base_url))
        if isinstance(cause, TooMuchError):
            return self._too_large(path, f"more than {self._limit_bytes >> 20} MB")
        if isinstance(cause, OutOfTimeError):
            # Not tried again at once: that would hold the worker as long once more.
            return RetryableError(
                f"{self.label} did not finish its answer in the time that Passline "
                f"waits ({self.redacted(path)}). The next sync retries."
            )
        word = "did not answer in time" if _is_timeout(error) else "broke off"
        sentence = (
            f"{self.label} {word} ({self.redacted(path)}). The next sync retries."
        )
        kind = UnreachedError if _was_never_sent(error) else RetryableError
        return _Retry(kind(sentence, answer=self.redacted(str(error))))

    def _parsed(self, answer: Answer, where: str) -> Any:
        if not 200 <= answer.code < 300:
            raise self._refusal(answer, where)
        if not answer.content:
            return None
        if answer.looks_like_html:
            raise PayloadError(
                f"{self.label} answered {where} with a web page in place of JSON. "
                f"Check that the address is the API's.",
                answer=self.shown(answer),
            )
        try:
            return self._decoded(answer, where)
        except TooComplexError as reason:
            raise self._too_large(where, str(reason), self.shown(answer)) from None
        except ValueError:
            error = PayloadError(
                f"{self.label} answered {where} with broken or cut-off JSON.",
                answer=self.shown(answer),
            )
            raise _Retry(error) from None

    def _decoded(self, answer: Answer, where: str) -> Any:
        if len(answer.content) <= LARGEST_ANSWER_BYTES:
            return decoded(answer.content)
        head, rows = split(answer.content, self._large_list)
        if len(head) > LARGEST_ANSWER_BYTES:
            size = f"more than {LARGEST_ANSWER_BYTES >> 20} MB"
            raise TooComplexError(f"{size} around its {self._large_list}")
        found = decoded(head)
        if rows:
            found[self._large_list] = PackedRows(
                rows, partial(self._row_trouble, where)
            )
        return found

    def _row_trouble(self, where: str, error: ValueError) -> PayloadError:
        is_complex = isinstance(error, TooComplexError)
        return self._too_large(where, f"a row of {error if is_complex else 'no JSON'}")

    def _too_large(self, where: str, what: str, shown: str = "") -> PayloadError:
        return PayloadError(
            f"{self.label} answered {self.redacted(where)} with {what}, which Passline "
            f"does not read. Check that the address is the API's; if it is, reduce what "
            f"{self.label} holds there.",
            answer=shown,
        )

    def _refusal(self, answer: Answer, where: str) -> Exception:
        code, shown = answer.code, self.shown(answer)
        if code in (401, 403):
            word = "refused the credentials" if code == 401 else "denied access"
            return ConfigError(
                f"{self.label} {word} ({code}). Enter a valid key with read access.",
                answer=shown,
            )
        if code == 404:
            return MissingError(f"{self.label} has no {where} (404).", answer=shown)
        if code in (405, 501):
            sentence = f"{self.label} does not offer {where} ({code})."
            return UnsupportedError(sentence, answer=shown)
        if code == 429 or code >= 500:
            return self._passing_trouble(answer, where)
        if 300 <= code < 400:
            return ConfigError(
                f"{self.label}: {self.base_url} redirects elsewhere. Enter the address "
                f"that it leads to.",
                answer=shown,
            )
        return PayloadError(f"{self.label} refused {where} ({code}).", answer=shown)

    def _passing_trouble(self, answer: Answer, where: str) -> _Retry:
        pause_s = retry_after_s(answer.headers.get("Retry-After"))
        if answer.code == 429:
            pause_s = self._pause_s if pause_s is None else pause_s
            sentence = f"{self.label} asked for a pause (429). The next sync goes on."
        else:
            sentence = (
                f"{self.label} has trouble of its own ({answer.code} for {where}). "
                f"The next sync retries."
            )
        error = RetryableError(
            sentence, retry_after_s=pause_s, answer=self.shown(answer)
        )
        return _Retry(error, pause_s)

    def _pause_or_raise(self, retry: _Retry, attempt: int) -> None:
        pause_s = retry.pause_s
        if pause_s is None:
            pause_s = FIRST_PAUSE_S * 2 ** (attempt - 1)
        is_too_long = pause_s > LONGEST_PAUSE_S or not has_time_for(pause_s)
        if attempt == TRIES or is_too_long:
            raise retry.error from None
        log.info("waiting %.1f s: %s", pause_s, retry.error)
        self._sleep(pause_s)

    def redacted(self, text: str) -> str:
        return redact(text, self._secrets)

    def shown(self, answer: Answer) -> str:
        """The start of an answer, safe to show to a person."""
        text = self.redacted(
            answer.content[: 8 * ANSWER_SHOWN].decode("utf-8", "replace")
        )
        return f"HTTP {answer.code}\n{text[:ANSWER_SHOWN]}".replace("\x00", "\u2400")


_OUR_REASONS = (PrivateAddressError, OutOfTimeError, TooMuchError)


def _root_of(error: BaseException) -> BaseException:
    seen = error
    while True:
        inner = seen.__cause__ or seen.__context__
        if inner is None or isinstance(seen, _OUR_REASONS):
            return seen
        seen = inner


def _was_never_sent(error: Exception) -> bool:
    """Whether not even a connection came about, so that no byte of it went out."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    inner = error.args[0] if error.args else None
    reason = getattr(inner, "reason", None)
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _was_not_taken(error: VendorError) -> bool:
    return isinstance(error, UnreachedError) or error.answer.startswith("HTTP 429")


def _says_no(error: VendorError) -> bool:
    """Whether the vendor's answer says that it did nothing."""
    return error.answer.startswith(("HTTP 4", "HTTP 501"))


def _is_timeout(error: Exception) -> bool:
    return isinstance(
        error, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError
    )
