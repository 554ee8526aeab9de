"""The pages that explain the API: its reference, and what its numbers mean."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.access import readable
from dashboard.pages.api_docs.markdown import blocks
from dashboard.security import INLINE, policy
from dashboard.ui.theme import theme_of


@readable
def reference(request: HttpRequest) -> HttpResponse:
    """Every endpoint, drawn in the browser from the schema."""
    page = render(request, "api_docs/reference.html", {"theme": theme_of(request)})
    # What draws it brings its styles with its script, and writes them as elements.
    page.headers["Content-Security-Policy"] = policy(style_elements=INLINE)
    return page


@readable
def explanations(request: HttpRequest) -> HttpResponse:
    """docs/metrics.md: what every number means."""
    text = (settings.BASE_DIR / "docs" / "metrics.md").read_text()
    context = {"theme": theme_of(request), "blocks": list(blocks(text))}
    return render(request, "api_docs/metrics.html", context)
