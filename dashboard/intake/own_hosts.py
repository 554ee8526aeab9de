"""Hosts of their own for clients that keep nothing but the origin of an address."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# The setting that names the host, the vendor's paths, and what stands before them here.
HOSTS = (
    (
        "INTAKE_TESTMO_HOST",
        re.compile(r"/api/v1/(projects/\d+/)?automation/"),
        "/intake/testmo",
    ),
    (
        "INTAKE_TESTOMATIO_HOST",
        re.compile(r"/api/(reporter(/|$)|(load|test_grep)/?$)"),
        "/intake/testomatio",
    ),
)


def on_own_hosts(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the same routes as below `/intake/`, without that prefix."""

    def middleware(request: HttpRequest) -> HttpResponse:
        asked = request.META.get("HTTP_HOST", "").lower()
        for setting, paths, prefix in HOSTS:
            host = getattr(settings, setting).lower()
            if host and asked == host and paths.match(request.path_info):
                request.path_info = f"{prefix}{request.path_info}"
                break
        return get_response(request)

    return middleware
