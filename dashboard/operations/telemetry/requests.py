"""What the processes of the web server count: requests, and results that are pushed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import Counter, Histogram

from ingest.events import results_appended

# Pages ought to take 30 ms, and the slowest of the API are ended after 30 s.
BUCKETS_S = (0.005, 0.01, 0.03, 0.06, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
# Any other word is one that a client made up.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Of what no route answers: static files, what is not there.
NO_ROUTE = "none"

REQUESTS = Counter(
    "passline_http_requests",
    "Requests answered, by the name of their route.",
    ["method", "route", "status"],
)
DURATION = Histogram(
    "passline_http_request_duration_seconds",
    "Time until an answer begins to be sent.",
    ["route"],
    buckets=BUCKETS_S,
)
PUSHED = Counter(
    "passline_intake_results", "Results that were pushed to this process and stored."
)


def counted(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, around all others."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = get_response(request)
        route = _route(request)
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(method, route, str(response.status_code)).inc()
        DURATION.labels(route).observe(time.perf_counter() - began)
        return response

    return middleware


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.view_name if match and match.view_name else NO_ROUTE


@receiver(results_appended)
def count_pushed(*, number: int, **_: Any) -> None:
    PUSHED.inc(number)
