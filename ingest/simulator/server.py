"""What every simulated vendor has in common: requests, answers, routes, limits, log."""

from __future__ import annotations

import json
import re
import threading
import time
from abc import ABC, abstractmethod
from bisect import insort
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlencode

from ingest.simulator.faults import FaultQueue
from ingest.simulator.world import SimProject, SimRun, World

SECRET_HEADERS = frozenset({"authorization", "x-api-key", "cookie"})
SECRET_PARAMETERS = frozenset({"api_key", "api_token", "token", "password"})
LOG_LENGTH, LOGGED_BYTES = 20_000, 4_000


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `path` is decoded and without query, header names are lower case."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes = b""

    @classmethod
    def parse(
        cls, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Request:
        path, _, query = target.partition("?")
        lowered = {name.lower(): value for name, value in headers.items()}
        parsed = parse_qs(query, keep_blank_values=True)
        return cls(method, unquote(path), parsed, lowered, body)

    def get(self, name: str, default: str = "") -> str:
        """The last value of a query parameter."""
        values = self.query.get(name)
        return values[-1] if values else default

    def values(self, name: str) -> list[str]:
        """A comma-separated (or repeated) query parameter as its non-empty parts."""
        joined = ",".join(self.query.get(name, ()))
        return [part for part in joined.split(",") if part]

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is none."""
        return json.loads(self.body or b"null")

    @property
    def line(self) -> str:
        """ "METHOD /path?query": what faults match."""
        query = urlencode(self.query, doseq=True)
        return f"{self.method} {self.path}" + (f"?{query}" if query else "")

    def with_query(self, **changes: str) -> Request:
        changed = {name: [value] for name, value in changes.items()}
        return replace(self, query={**self.query, **changed})


@dataclass(slots=True)
class Response:
    """`payload` is sent as JSON unless `body` holds the bytes to send."""

    status: int = 200
    payload: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = "application/json"

    def encoded(self) -> bytes:
        if self.body is not None:
            return self.body
        if self.status == 204:
            return b""
        text = json.dumps(self.payload, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Logged:
    """A request as it was received, its secrets replaced by ***.

    body: the JSON of a short body; None when there is none, or it is long or no JSON.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    status: int
    fault: str
    body: Any = None


class TokenBucket:
    """`capacity` requests at once, refilled at `per_second`."""

    def __init__(
        self,
        capacity: float,
        per_second: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.capacity, self.per_second = capacity, per_second
        self._monotonic = monotonic
        self._tokens, self._at = capacity, monotonic()
        self._lock = threading.Lock()

    def take(self) -> float:
        """0.0 when the request may pass, else the seconds until one may."""
        with self._lock:
            at = self._monotonic()
            gained = (at - self._at) * self.per_second
            self._tokens, self._at = min(self.capacity, self._tokens + gained), at
            if self._tokens >= 1:
                self._tokens -= 1
                return 0.0
            return (1 - self._tokens) / self.per_second

    @property
    def left(self) -> int:
        """Whole requests that may pass at once, as of the last request."""
        with self._lock:
            return int(self._tokens)


Handler = Callable[..., Response]


class Simulator(ABC):
    """One vendor. A subclass sets the class values and adds its routes in `prepare`.

    vendor: the connector's name. limit: (burst, requests a second), None for no limit.
    switches: names and defaults of the vendor's optional behaviours, which become
    attributes; `Simulator(world, name=value)` or the control path changes them.
    clock: says which part of the world is visible; without one time stands still at
    `world.now`, so that tests see the same world at any hour. relaxed: no rate limit.
    """

    vendor: ClassVar[str]
    limit: ClassVar[tuple[float, float] | None] = None
    switches: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self,
        world: World,
        *,
        relaxed: bool = False,
        clock: Callable[[], datetime] | None = None,
        **switches: Any,
    ) -> None:
        self.world = world
        self.clock: Callable[[], datetime] = clock or (lambda: world.now)
        self.projects: list[SimProject] = world.projects_of(self.vendor)
        self.faults = FaultQueue()
        # Held while something is written; what is read is replaced, never changed.
        self.writing = threading.RLock()
        self.log: deque[Logged] = deque(maxlen=LOG_LENGTH)
        self.bucket = (
            None if relaxed or self.limit is None else TokenBucket(*self.limit)
        )
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        for name, default in self.switches.items():
            setattr(self, name, default)
        self.switch(**switches)
        self.prepare()

    # What a vendor says about itself

    @property
    @abstractmethod
    def secrets(self) -> dict[str, str]:
        """What a connection needs to be let in: fixed fake values."""

    @property
    def settings(self) -> dict[str, Any]:
        """What else a connection needs besides address and secrets."""
        return {}

    @property
    def project_ids(self) -> list[str]:
        """External ids to type in, for a vendor that cannot list its projects."""
        return []

    def connections(self, base_url: str) -> list[dict[str, Any]]:
        """What to connect: `name, base_url, secrets, settings, projects` of each.

        One connection unless a vendor's credentials belong to a single project.
        """
        return [
            {
                "name": self.vendor,
                "base_url": base_url,
                "secrets": self.secrets,
                "settings": self.settings,
                "projects": self.project_ids,
            }
        ]

    # What a vendor overrides

    @abstractmethod
    def prepare(self) -> None:
        """Add the routes and build whatever is looked up later."""

    def authorise(self, request: Request) -> Response | None:
        """The refusal, or None to let the request in."""
        return None

    def error(self, status: int, sentence: str) -> Response:
        """An error in the vendor's own body."""
        return Response(status, {"message": sentence})

    def error_to(self, request: Request, status: int, sentence: str) -> Response:
        """An error to this request, for a vendor with more than one error body."""
        return self.error(status, sentence)

    def limited(self, seconds: float) -> Response:
        """The answer to a request over the limit; `seconds` until one may pass."""
        answer = self.error(429, "Too many requests.")
        answer.headers["Retry-After"] = str(max(1, round(seconds + 0.5)))
        return answer

    # What the listener calls

    def route(self, method: str, pattern: str, handler: Handler) -> None:
        """`{name}` in the pattern is one path part, given to the handler by name."""
        regex = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
        self._routes.append((method, re.compile(regex + r"/?\Z"), handler))

    def switch(self, **switches: Any) -> None:
        """Change optional behaviours by name. Raises TypeError for an unknown name."""
        unknown = set(switches) - set(self.switches)
        if unknown:
            raise TypeError(
                f"{self.vendor} has no switch {sorted(unknown)}; "
                f"it has {sorted(self.switches)}."
            )
        for name, value in switches.items():
            setattr(self, name, value)

    def handle(self, request: Request) -> Response:
        """The vendor's answer: limit first, then credentials, then the route."""
        if self.bucket is not None and (wait := self.bucket.take()):
            return self.limited(wait)
        refusal = self.authorise(request)
        if refusal is not None:
            return refusal
        return self._routed(request)

    def now(self) -> datetime:
        return self.clock()

    def reached(self, match: str) -> int:
        """How often a request line fitted the expression, faults included."""
        return sum(
            re.search(match, f"{entry.method} {entry.path}") is not None
            for entry in list(self.log)
        )

    def show_run(self, project: SimProject, run: SimRun) -> None:
        """Give the project a run that a client has made, here and not in the world.

        It takes the place of a run with its number.
        """
        with self.writing:
            numbers = [own.number for own in self.projects]
            index = numbers.index(project.number)
            known = self.projects[index].runs
            runs = [one for one in known if one.number != run.number]
            insort(runs, run, key=lambda one: one.started_at)
            self.projects[index] = replace(self.projects[index], runs=runs)

    def _routed(self, request: Request) -> Response:
        known_path = False
        for method, pattern, handler in self._routes:
            found = pattern.match(request.path)
            if found is None:
                continue
            if method == request.method:
                return handler(request, **found.groupdict())
            known_path = True
        if known_path:
            return self.error(405, "The method is not allowed for this address.")
        return self.error(404, "There is nothing at this address.")


def logged(request: Request, status: int, fault: str = "") -> Logged:
    """The request for the log, without any secret."""
    headers = {
        name: "***" if name in SECRET_HEADERS else value
        for name, value in request.headers.items()
    }
    query = {
        name: "***" if name in SECRET_PARAMETERS else values[-1]
        for name, values in request.query.items()
    }
    body = _logged_body(request.body)
    return Logged(request.method, request.path, query, headers, status, fault, body)


def _logged_body(body: bytes) -> Any:
    if not body or len(body) > LOGGED_BYTES:
        return None
    try:
        return _masked(json.loads(body))
    except ValueError:
        return None


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        name: "***" if name in SECRET_PARAMETERS else _masked(part)
        for name, part in value.items()
    }
