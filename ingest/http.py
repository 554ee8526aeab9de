"""The only way out to a vendor: one client with the only retry, guard and redaction."""

from __future__ import annotations

import ipaddress
import json
import logging
import re
import socket
import ssl
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeAlias, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ingest.contract import ConfigError, PayloadError, RetryableError, VendorError

log = logging.getLogger(__name__)

TIMEOUT_S = (10, 60)
TRIES = 4
FIRST_PAUSE_S = 0.5
# Longer than this nobody sleeps with a project claimed; a later sync goes on instead.
LONGEST_PAUSE_S = 120.0
LARGEST_ANSWER_BYTES = 64 * 2**20
ANSWER_SHOWN = 500

Sleep: TypeAlias = Callable[[float], None]
Renew: TypeAlias = Callable[[], Mapping[str, str]]
Token = TypeVar("Token", bound=Hashable)


class MissingError(PayloadError):
    """The vendor answered 404: the thing asked for does not exist there."""


class UnsupportedError(PayloadError):
    """The vendor answered 405: this instance has no such endpoint."""


class PrivateAddressError(OSError):
    """A vendor's address led into a private network."""


class _Retry(Exception):
    """Inside this file only: try again after `pause_s`, else raise `error`."""

    def __init__(self, error: VendorError, pause_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.pause_s = pause_s


@dataclass(frozen=True, slots=True)
class _Answer:
    code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def looks_like_html(self) -> bool:
        kind = self.headers.get("Content-Type", "")
        return "html" in kind or self.content[:1] == b"<"


class ApiClient:
    """JSON over HTTP with one vendor.

    `headers` carry the credentials; `secrets` are redacted from whatever is shown or
    logged. `renew`, when given, is called once for a 401 or 403 and gives new headers.
    `pause_s` is the wait after a 429 that names none.
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
        sleep: Sleep | None = None,
    ) -> None:
        check_address(base_url, allow_private_urls=allow_private_urls)
        self.base_url = base_url.rstrip("/")
        self.label = label
        self.requests_made = 0
        self._secrets = [secret for secret in secrets if secret]
        self._renew = renew
        self._pause_s = pause_s
        self._sleep: Sleep = sleep or (lambda seconds: time.sleep(seconds))
        self._session = _session(allow_private_urls)
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
        MissingError for 404, PayloadError for answers that are not JSON, and
        RetryableError when the trouble outlasted the retries.
        """
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
                self._pause_or_raise(retry, attempt)
        raise AssertionError("the last try either returns or raises")

    def _send(
        self, method: str, path: str, params: Mapping[str, Any] | None, body: Any
    ) -> _Answer:
        self.requests_made += 1
        try:
            with self._session.request(
                method,
                f"{self.base_url}{path}",
                params=params,
                json=body,
                timeout=TIMEOUT_S,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = self._content(response)
                return _Answer(response.status_code, response.headers, content)
        except requests.exceptions.SSLError as error:
            raise self._tls_trouble(error, path) from None
        except requests.exceptions.RequestException as error:
            raise self._connection_trouble(error, path) from None

    def _content(self, response: requests.Response) -> bytes:
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_content(2**16):
            size += len(chunk)
            if size > LARGEST_ANSWER_BYTES:
                raise PayloadError(
                    f"{self.label} sent more than {LARGEST_ANSWER_BYTES >> 20} MB in "
                    f"one answer, more than Passline reads."
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def _tls_trouble(self, error: Exception, path: str) -> Exception:
        cause = _root_of(error)
        if isinstance(cause, ssl.SSLEOFError | ConnectionError):
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
        if isinstance(_root_of(error), PrivateAddressError):
            return ConfigError(private_sentence(self.base_url))
        word = "did not answer in time" if _is_timeout(error) else "broke off"
        sentence = (
            f"{self.label} {word} ({self.redacted(path)}). The next sync retries."
        )
        return _Retry(RetryableError(sentence, answer=self.redacted(str(error))))

    def _parsed(self, answer: _Answer, where: str) -> Any:
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
            return json.loads(answer.content)
        except (ValueError, RecursionError):
            error = PayloadError(
                f"{self.label} answered {where} with broken or cut-off JSON.",
                answer=self.shown(answer),
            )
            raise _Retry(error) from None

    def _refusal(self, answer: _Answer, where: str) -> Exception:
        code, shown = answer.code, self.shown(answer)
        if code in (401, 403):
            word = "refused the credentials" if code == 401 else "denied access"
            return ConfigError(
                f"{self.label} {word} ({code}). Enter a valid key with read access.",
                answer=shown,
            )
        if code == 404:
            return MissingError(f"{self.label} has no {where} (404).", answer=shown)
        if code == 405:
            sentence = f"{self.label} does not offer {where} (405)."
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

    def _passing_trouble(self, answer: _Answer, where: str) -> _Retry:
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
        if attempt == TRIES or pause_s > LONGEST_PAUSE_S:
            raise retry.error from None
        log.info("waiting %.1f s: %s", pause_s, retry.error)
        self._sleep(pause_s)

    def redacted(self, text: str) -> str:
        return redact(text, self._secrets)

    def shown(self, answer: _Answer) -> str:
        """The start of an answer, safe to show to a person."""
        text = self.redacted(
            answer.content[: 8 * ANSWER_SHOWN].decode("utf-8", "replace")
        )
        return f"HTTP {answer.code}\n{text[:ANSWER_SHOWN]}".replace("\x00", "\u2400")


@dataclass(frozen=True, slots=True)
class Page(Generic[Token]):
    """One page of a list: `next` is None on the last; `total` where the vendor says."""

    items: list[Any]
    next: Token | None
    total: int | None = None


def follow(
    fetch: Callable[[Token], Page[Token]],
    first: Token,
    *,
    identity: Callable[[Any], Hashable],
    where: str,
) -> Iterator[Any]:
    """The items of all pages, each identity once, lazily.

    New rows may push items to the next page while we read: they are skipped there. A
    shrinking `total` means that rows moved up unseen, so the list is read once more.
    Raises PayloadError for a page that points to itself or comes back unchanged.
    """
    seen: set[Hashable] = set()
    for _ in range(3):
        totals: list[int] = []
        yield from _one_reading(fetch, first, identity, where, seen, totals)
        if not totals or min(totals) >= totals[0]:
            return


def _one_reading(
    fetch: Callable[[Token], Page[Token]],
    first: Token,
    identity: Callable[[Any], Hashable],
    where: str,
    seen: set[Hashable],
    totals: list[int],
) -> Iterator[Any]:
    token: Token | None = first
    asked: set[Token] = set()
    pages: set[tuple[Hashable, ...]] = set()
    while token is not None:
        asked.add(token)
        page = fetch(token)
        names = tuple(identity(item) for item in page.items)
        if names and names in pages:
            raise PayloadError(f"{where}: page {token} repeats an earlier page")
        pages.add(names)
        if page.total is not None:
            totals.append(page.total)
        for name, item in zip(names, page.items, strict=True):
            if name not in seen:
                seen.add(name)
                yield item
        if page.next in asked:
            raise PayloadError(f"{where}: page {token} points back to {page.next}")
        token = page.next


def retry_after_s(header: str | None) -> float | None:
    """Seconds that a Retry-After header asks for, in either of its two forms."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` without the secrets, bearer tokens and JWTs in it."""
    for secret in secrets:
        text = text.replace(secret, "***")
    text = re.sub(r"(?i)\b(bearer\s+)\S+", r"\1***", text)
    return re.sub(r"\beyJ[\w-]+(\.[\w-]+){0,2}", "***", text)


def api_base(base_url: str, prefix: str) -> str:
    """The API's base for an origin or an address that already ends in `prefix`."""
    base = base_url.strip().rstrip("/")
    return base if base.endswith(prefix) else base + prefix


def check_address(url: str, *, allow_private_urls: bool) -> None:
    """Raise ConfigError unless `url` may be asked: https, or http where private."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or parts.scheme not in ("http", "https") or parts.username:
        raise ConfigError(
            f"{url!r} is not an address. Enter one like https://example.com."
        )
    try:
        found = socket.getaddrinfo(host, port or parts.scheme, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ConfigError(
            f"The host {host} cannot be found. Check the address."
        ) from None
    is_any_private = any(is_private(str(entry[4][0])) for entry in found)
    if is_any_private and not allow_private_urls:
        raise ConfigError(private_sentence(url))
    if parts.scheme == "http" and not is_any_private:
        raise ConfigError(f"{url} is not encrypted. Use https.")


def private_sentence(url: str) -> str:
    return (
        f"{url} leads into a private network. Set ALLOW_PRIVATE_VENDOR_URLS=on if that "
        f"is meant."
    )


def is_private(address: str) -> bool:
    """Whether an IP address is anything but a public one."""
    parsed = ipaddress.ip_address(address.split("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return not (mapped or parsed).is_global


def _session(allow_private_urls: bool) -> requests.Session:
    session = requests.Session()
    # Proxies and .netrc from the environment would carry tokens past the guard.
    session.trust_env = False
    adapter = HTTPAdapter() if allow_private_urls else _GuardedAdapter()
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    session.headers.update({"Accept": "application/json", "User-Agent": "Passline"})
    return session


class _Guard:
    """Looks at whom a socket reached before anything is sent over it.

    A look at the name alone can be fooled by a name that resolves anew (rebinding).
    """

    def _new_conn(self) -> socket.socket:
        reached: socket.socket = super()._new_conn()  # type: ignore[misc]
        if is_private(str(reached.getpeername()[0])):
            reached.close()
            raise PrivateAddressError("private address")
        return reached


class _GuardedHTTP(_Guard, HTTPConnection):
    pass


class _GuardedHTTPS(_Guard, HTTPSConnection):
    pass


class _GuardedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _GuardedHTTP


class _GuardedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPS


class _GuardedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _GuardedHTTPPool,
            "https": _GuardedHTTPSPool,
        }


def _root_of(error: BaseException) -> BaseException:
    seen = error
    while True:
        inner = seen.__cause__ or seen.__context__
        if inner is None or isinstance(seen, PrivateAddressError):
            return seen
        seen = inner


def _is_timeout(error: Exception) -> bool:
    return isinstance(
        error, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError
    )
