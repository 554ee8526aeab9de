"""The answer for checks of life, and who may ask what machines ask."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from dashboard.addresses import FOR_MACHINES


def of_any_host(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: what machines are told is the same under each name."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info in FOR_MACHINES:
            request.META["HTTP_HOST"] = "localhost"
        return get_response(request)

    return middleware


def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process serves. It asks for nothing else: whoever restarts what is
    not alive would mend no database by it.
    """
    return JsonResponse({"status": "ok"})
