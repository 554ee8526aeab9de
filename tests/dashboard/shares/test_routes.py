"""Each page is shown under a token, or is not: somebody has decided it."""

from __future__ import annotations

from dashboard import page_urls
from dashboard.sharing.routes import REFUSED, SHOWN


def test_every_route_of_pages_is_shown_or_refused() -> None:
    named = {pattern.name for pattern in page_urls.urlpatterns}
    assert {*SHOWN} & REFUSED == set()
    assert {*SHOWN} | REFUSED == named
