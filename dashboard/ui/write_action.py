"""How an act of a person waits for its turn, and what is said when it does not come."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST
from psycopg.errors import DeadlockDetected, LockNotAvailable

from dashboard.access import for_admins, for_the_signed_in, writable
from dashboard.time_limits import lock_limit
from dashboard.ui.theme import theme_of

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
# Less than what a part of a page may take, so that waiting is what is told.
LONGEST_WAIT_S = 5
BUSY = (
    "Passline is writing this project's results just now; nothing was changed. "
    "Try again."
)
logger = logging.getLogger(__name__)


def write_action(view: View[P]) -> View[P]:
    """A POST of editors, which waits for others LONGEST_WAIT_S at most.

    What could not be had in time is answered with 503, and nothing was changed: each
    act is one transaction.
    """
    return require_POST(writable(_in_turn(view)))


def admin_action(view: View[P]) -> View[P]:
    """The same of administrators."""
    return require_POST(for_admins(_in_turn(view)))


def personal_action(view: View[P]) -> View[P]:
    """The same of everybody who is signed in, about what is their own."""
    return require_POST(for_the_signed_in(_in_turn(view)))


def _in_turn(view: View[P]) -> View[P]:
    @wraps(view)
    def limited(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        try:
            with lock_limit(LONGEST_WAIT_S):
                return view(request, *args, **kwargs)
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
                raise
            logger.warning("%s did not get its turn: %s", request.path, error)
            return _busy(request)

    return limited


def _busy(request: HttpRequest) -> HttpResponse:
    """With all that was sent, so that nothing has to be typed again."""
    if "HX-Request" in request.headers:
        # A button of a part: htmx would put what failed in place of the whole part.
        messages.warning(request, BUSY)
        answer = HttpResponse(status=503, headers={"HX-Refresh": "true"})
    else:
        answer = render(request, "503.html", _sent(request), status=503)
    answer.headers["Retry-After"] = str(LONGEST_WAIT_S)
    return answer


def _sent(request: HttpRequest) -> dict[str, object]:
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken"
    ]
    return {
        "theme": theme_of(request),
        "path": request.path,
        "fields": fields,
        "busy": BUSY,
    }
