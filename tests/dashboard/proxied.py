"""A reverse proxy that serves one path of its host, and a browser that walks behind it."""

from __future__ import annotations

import http.client
import re
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

ATTRIBUTES = ("href", "src", "action", "formaction", "hx-get", "hx-post", "data-schema")
STYLES = re.compile(r"""url\(["']?([^"')]+)""")
# What a proxy does not pass on.
OF_A_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "date"})


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        if not self.path.startswith(f"{self.server.prefix}/"):
            self.server.outside.append(self.path)
            self.send_error(404, "Another program is here")
            return
        path = self.path
        if self.server.strips:
            path = path.removeprefix(self.server.prefix)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        upstream = http.client.HTTPConnection(
            "127.0.0.1", self.server.site, timeout=240
        )
        with closing(upstream):
            upstream.request(self.command, path, body, dict(self.headers.items()))
            answer = upstream.getresponse()
            content = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in OF_A_CONNECTION:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """What it was asked stands in `outside`."""


class Proxy(ThreadingHTTPServer):
    """Passes on what is below `prefix`, as it is or (`strips`) without the prefix.

    `outside` are the paths that it was asked for and that are not ours.
    """

    daemon_threads = True

    def __init__(self, site: int, prefix: str, *, strips: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.site, self.prefix, self.strips = site, prefix, strips
        self.outside: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def running(proxy: Proxy) -> Iterator[Proxy]:
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()


@dataclass(frozen=True)
class Answer:
    """`url` is where redirects have led."""

    url: str
    status: int
    kind: str
    text: str


class Visitor:
    """A browser without scripts: it keeps cookies by their paths and follows redirects."""

    def __init__(self) -> None:
        self.cookies = CookieJar()
        keeper = urllib.request.HTTPCookieProcessor(self.cookies)
        self._opener = urllib.request.build_opener(keeper)

    def open(
        self, url: str, fields: dict[str, str] | None = None, **headers: str
    ) -> Answer:
        """GET, or with `fields` a form's POST."""
        body = urlencode(fields).encode() if fields is not None else None
        request = urllib.request.Request(url, body, headers)
        try:
            answer = self._opener.open(request, timeout=240)
        except HTTPError as error:
            answer = error
        with answer:
            content = answer.read().decode(errors="replace")
            kind = answer.headers.get_content_type()
            return Answer(answer.url or url, answer.status or 0, kind, content)

    def send(self, page: str, action: str, **fields: str) -> Answer:
        """The form of a page that goes to `action` ("": to itself), as a browser would."""
        answer = self.open(page)
        named = f'[action="{action}"]' if action else ":not([action])"
        hidden = LexborHTMLParser(answer.text).css(f"form{named} input[type=hidden]")
        given = {
            node.attributes["name"] or "": node.attributes.get("value") or ""
            for node in hidden
        }
        return self.open(urljoin(page, action), given | fields)


@dataclass
class Walk:
    """From page to page of one site; what is on other hosts is left alone.

    So many addresses of a path are opened; filters make thousands of them.
    """

    visitor: Visitor
    start: str
    of_a_path: int
    answers: dict[str, Answer] = field(default_factory=dict)
    actions: set[str] = field(default_factory=set)

    def go(self) -> None:
        waiting, opened = [self.start], set[tuple[str, str]]()
        while waiting:
            url = waiting.pop(0)
            path, names = _kind(url)
            is_new = (path, names) not in opened
            if not is_new or sum(path == one for one, _ in opened) >= self.of_a_path:
                continue
            opened.add((path, names))
            answer = self.answers[url] = self.visitor.open(url)
            waiting += [url for url in self._found(answer) if url not in self.answers]

    def _found(self, answer: Answer) -> list[str]:
        if answer.kind == "text/css":
            found = STYLES.findall(answer.text)
        elif answer.kind == "text/html":
            found = self._in_html(answer)
        else:
            found = []
        urls = [urljoin(answer.url, one).partition("#")[0] for one in found]
        host = urlsplit(self.start).netloc
        return [url for url in dict.fromkeys(urls) if urlsplit(url).netloc == host]

    def _in_html(self, answer: Answer) -> list[str]:
        tree, found = LexborHTMLParser(answer.text), []
        for form in tree.css('form[method="post"]'):
            self.actions.add(urljoin(answer.url, form.attributes.get("action") or ""))
        for name in ATTRIBUTES:
            for node in tree.css(f"[{name}]:not(form[method=post]):not([hx-post])"):
                found.append(node.attributes[name] or "")
        return found


def _kind(url: str) -> tuple[str, str]:
    """Its path without ids, and the names of its parameters."""
    parts = urlsplit(url)
    names = sorted({name for name, _ in parse_qsl(parts.query)})
    return re.sub(r"\d+", "0", parts.path), " ".join(names)
