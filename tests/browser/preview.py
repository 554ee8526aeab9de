"""Renders every template with generated contexts, as a test and as pages to look at.

    python -m tests.browser.preview FOLDER

writes the pages with their static files into FOLDER. A variable that a context does not
have stops it, so that templates and contexts cannot drift apart.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from django.template import Context, Engine

ROOT = Path(__file__).resolve().parents[2]


class MissingVariable(Exception):
    """A template names something that its context does not have."""


class _Raises(str):
    """Django formats this with the variable's name instead of printing nothing."""

    __slots__ = ()

    def __contains__(self, key: object) -> bool:
        return key == "%s"

    def __mod__(self, name: Any) -> NoReturn:
        raise MissingVariable(str(name))


def engine() -> Engine:
    return Engine(
        dirs=[ROOT / "templates"],
        libraries={
            "passline": "dashboard.templatetags.passline",
            "static": "django.templatetags.static",
        },
        string_if_invalid=_Raises("%s"),
    )


def pages() -> dict[str, tuple[str, Callable[[], dict[str, Any]]]]:
    """Every page by name: its template and what makes its context."""
    from tests.browser import samples
    from tests.browser.samples.components import components
    from tests.browser.samples.forms import login_form, setup_form
    from tests.browser.samples.lists import nothing_matches
    from tests.browser.samples.parts import PROJECTS

    def framed(
        template: str,
        place: str,
        page: Callable[[], Any],
        *,
        bar: str = "",
        **more: Any,
    ) -> tuple[str, Callable[[], dict[str, Any]]]:
        def context() -> dict[str, Any]:
            first = more.get("first", False)
            sample = PROJECTS[0] if more.get("project") else None
            return {
                "shell": samples.shell(place, first=first),
                "filter_bar": samples.filter_bar(bar, project=sample) if bar else None,
                "page": page(),
            }

        return f"dashboard/{template}.html", context

    plain: Callable[[], dict[str, Any]] = dict
    return {
        "overview": framed("overview", "overview", samples.overview, bar="/"),
        "overview-not-passed": framed(
            "overview",
            "overview",
            lambda: samples.overview(view="not_passed"),
            bar="/",
        ),
        "overview-empty": framed(
            "overview", "overview", samples.overview_empty, first=True
        ),
        "project": framed("project", "project-1", samples.project, bar="/projects/1/"),
        "run": framed("run", "project-1", samples.run, bar="/runs/4187/", project=True),
        "run-counts": framed("run", "runs", samples.run_counts_only),
        "runs": framed("runs", "runs", samples.runs, bar="/runs/"),
        "runs-empty": framed("runs", "runs", nothing_matches, bar="/runs/"),
        "results": framed("results", "runs", samples.results, bar="/results/"),
        "cases": framed("cases", "runs", samples.cases, bar="/cases/"),
        "milestones": framed("milestones", "milestones", samples.milestones),
        "sync": framed("sync", "sync", samples.sync),
        "syncs": framed("syncs", "sync", samples.syncs),
        "rejects": framed("rejects", "sync", samples.rejects),
        "connect": framed("connect", "sync", samples.connect, first=True),
        "connect-change": framed("connect", "sync", samples.connect_empty),
        "components": ("components/components.html", components),
        "message": framed("message", "overview", _message),
        "login": ("account/login.html", lambda: {"form": login_form()}),
        "setup": ("account/setup.html", lambda: {"form": setup_form()}),
        "logged-out": ("account/logged_out.html", plain),
        "403": ("403.html", plain),
        "403-csrf": ("403_csrf.html", plain),
        "404": ("404.html", plain),
        "500": ("500.html", plain),
        "503": (
            "503.html",
            lambda: {"path": "/", "fields": [("reason", "x")], "busy": "It waits."},
        ),
    }


def _message() -> Any:
    from dashboard.pages.account.views import ErrorPage
    from dashboard.ui.parts import EmptyState

    return ErrorPage(
        title="Compare",
        state=EmptyState(
            title="These runs cannot be compared",
            text="Run #4188 has totals only.",
            icon="info",
        ),
    )


def render(name: str) -> str:
    """The page as HTML. Raises MissingVariable where template and context differ."""
    template, context = pages()[name]
    values = {"csrf_token": "a-token", "next": ""} | context()
    return engine().get_template(template).render(Context(values))


def main(folder: Path) -> None:
    import django
    from django.conf import settings

    settings.configure(
        INSTALLED_APPS=["django.contrib.staticfiles"],
        STATIC_URL="/static/",
        SECRET_KEY=os.urandom(8).hex(),
        USE_I18N=False,
    )
    django.setup()
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(ROOT / "static", folder / "static", dirs_exist_ok=True)
    for name in pages():
        html = render(name).replace('"/static/', '"static/')
        (folder / f"{name}.html").write_text(html)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
