"""Every route of the installation with examples, so that none can be forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Count, QuerySet
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from dashboard.models import ApiToken, Invitation, SavedView, Team
from ingest.contract import Status
from ingest.models import (
    Case,
    Connection,
    Milestone,
    Project,
    Reject,
    Result,
    Run,
    Sync,
    Thread,
)
from ingest.models.results import STATUS_CODES

MISSING = 999_999
# Routes whose parameters are words. An address that is signed is never the same twice.
OF_WORDS = {
    "embeds/preview/<str:name>": [
        "/embeds/preview/pass-rate.svg",
        "/embeds/preview/daily-dark.svg?window=7d",
        "/embeds/preview/burn-up.svg",
    ],
    "embed/<str:token>/<str:name>": ["/embed/forged/pass-rate.svg"],
}
# States that no link leads to, by the beginning of the route's pattern.
FURTHER = {
    "": [
        "?window=7d",
        "?window=90d",
        "?window=nonsense",
        "?nothing=1",
        "?project=999999",
    ],
    "projects/": ["?window=7d", "?window=90d", "?branch=main", "?since=2026-07-01"],
    "runs/": [
        "?q=nightly&status=failed",
        "?status=failed&status=running",
        "?q=zzzzzz",
        "?sort=-duration",
        "?cursor=nonsense",
        "?since=2026-08-01&until=2026-08-10",
        "?since=2026-08-10&until=2026-08-01",
    ],
    "results/": [
        "?status=failed",
        "?q=zzzzzz",
        "?final=1",
        "?latest=1",
        "?message=error",
    ],
    "cases/": [
        *(f"?view={view}" for view in ("failing", "slow", "newly-failing", "fixed")),
        *(f"?view={view}" for view in ("newly-flaky", "began", "scope", "nonsense")),
        "?q=zzzzzz",
        "?view=failing&q=zzzzzz",
    ],
    "flaky/": [
        "?state=all",
        "?window=90d",
        "?state=settled",
        "?min_rate=0.05",
        "?q=zzzzzz",
    ],
    "failures/": ["?window=90d", "?q=zzzzzz", "?message=timeout"],
    "milestones/": ["?view=at-risk", "?state=completed", "?q=zzzzzz"],
    "standup/": ["?format=md", "?window=7d", "?format=md&window=7d"],
    "search/": ["?q=payment", "?q=-", "?q=zzzzzz", "?q=%25"],
    "search/palette/": ["?q=payment", "?recent=runs-1&recent=nonsense"],
    "theme/": ["?to=dark", "?to=light&next=/runs/", "?to=&next=//evil.example"],
    "setup/": ["?token=wrong"],
    "sync/history/": ["?status=failed", "?status=ok"],
    "login/": ["?next=/runs/"],
    "connect/": [f"?vendor={v}" for v in ("testmo", "testomatio", "testifly", "none")],
    "api/v1/schema/": ["?format=openapi"],
    "api/v1/metrics/pass-rate/": [
        f"?by={by}&bucket={bucket}"
        for by in ("none", "project", "source", "configuration", "milestone", "branch")
        for bucket in ("day", "run")
    ],
    "api/v1/metrics/standup/": ["?window=7d"],
}
EVERY_LIST_OF_THE_API = ("?limit=3", "?format=ndjson&window=1d", "?window=7d")
EVERY_ANSWER_OF_THE_API = ("?format=csv&window=1d", "?nothing=1", "?window=nonsense")


def patterns() -> Iterator[str]:
    """Of every route but those of Django's admin, which `admin_pages` knows."""
    yield from (
        one for one in _walk("", get_resolver().url_patterns) if one != "admin/"
    )


def _walk(before: str, routes: list[URLPattern | URLResolver]) -> Iterator[str]:
    for route in routes:
        own = before + str(route.pattern)
        if isinstance(route, URLPattern):
            yield own
        elif not own.startswith("admin/"):
            yield from _walk(own, route.url_patterns)


def admin_pages() -> Iterator[str]:
    for name in ("index", "login", "password_change", "password_change_done"):
        yield reverse(f"admin:{name}")
    for model in sorted(admin.site._registry, key=lambda model: model._meta.label):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        yield f"{reverse(f'{name}_changelist')}?q=a"
        yield reverse(f"{name}_add")
        if first := model._default_manager.order_by("pk").first():
            for page in ("change", "history", "delete"):
                yield reverse(f"{name}_{page}", args=[first.pk])


class Examples:
    """Addresses of a route: of each telling object, and of one that does not exist."""

    def __init__(self) -> None:
        self.ids = {
            "project": list(
                Project.objects.order_by("pk").values_list("pk", flat=True)
            ),
            "run": _runs(),
            "case": _cases(),
            "milestone": _milestones(),
            "connection": _first(Connection.objects.order_by("pk"), 20),
            "reject": _first(Reject.objects.order_by("pk"), 20)[-4:],
            "sync": _first(Sync.objects.order_by("-requested_at", "-pk"), 3),
            "result": _results(),
            # None is made by reading pages.
            "embed": [],
            "share": [],
            "channel": [],
            "subscription": [],
            "started": [],
            "thread": _first(Thread.objects.order_by("pk"), 1),
            "view": _first(SavedView.objects.order_by("pk"), 3),
            "person": _first(User.objects.order_by("pk"), 3),
            "team": _first(Team.objects.order_by("pk"), 3),
            "invitation": _first(Invitation.objects.order_by("pk"), 3),
            "token": _first(ApiToken.objects.order_by("pk"), 3),
            # Whoever records has none.
            "session": [],
        }

    def paths(self, pattern: str) -> list[str]:
        """The first one is the page as it is met first."""
        before, is_expression, expression = pattern.partition("^")
        if is_expression:
            return [f"/{before}{expression.partition('(')[0]}none/"]
        if pattern in OF_WORDS:
            return OF_WORDS[pattern]
        if "<" not in pattern:
            return [f"/{pattern}"]
        if "<str:" in pattern:
            # Links that open something: none of them is right twice.
            return ["/" + re.sub(r"<str:\w+>", "none", pattern)]
        before, _, rest = pattern.partition("<int:")
        name, _, after = rest.partition(">")
        assert "<" not in after, f"{pattern} has several parameters: say here what for"
        noun = name.removesuffix("_id")
        noun = (
            before.strip("/").rpartition("/")[2].removesuffix("s")
            if noun == "pk"
            else noun
        )
        assert noun in self.ids, (
            f"{pattern}: say in Examples which {noun} is a telling one"
        )
        return [f"/{before}{pk}{after}" for pk in [*self.ids[noun], MISSING]]

    def further(self, pattern: str, path: str) -> list[str]:
        """The same address with other parameters."""
        more = list(FURTHER.get(pattern, []))
        if pattern.startswith("runs/<int:run_id>/") and pattern.endswith(">/"):
            more += ["?status=all", "?attempts=all", "?sort=name", "?q=zzzzzz"]
        if pattern == "compare/":
            head, base = self.ids["run"][:2]
            more += [
                f"?head={head}",
                f"?base={base}&head={head}",
                f"?base={head}&head={head}",
            ]
            more += [
                f"?head={head}&change=still_failing",
                f"?head={MISSING}",
                "?head=x",
            ]
        if pattern.startswith("api/v1/"):
            more += _of_the_api(pattern, path)
        if pattern == "api/v1/metrics/compare/":
            head, base = self.ids["run"][:2]
            more += [
                f"?base={base}&head={head}",
                f"?base={base}&head={head}&format=csv",
            ]
        return [path + query for query in more]

    def scopes(self) -> list[str]:
        """Parameters that narrow most pages and metrics."""
        run = Run.objects.filter(source__isnull=False, configuration__isnull=False)
        one = (
            run.exclude(branch="")
            .select_related("source", "configuration")
            .latest("at", "pk")
        )
        assert one.source
        assert one.configuration
        return [
            f"project={self.ids['project'][0]}",
            f"source={one.source.name}",
            f"configuration={one.configuration.name.replace(' ', '+')}",
            f"branch={one.branch}",
            f"milestone={self.ids['milestone'][0]}",
            "tool=testmo&window=90d",
            f"project={self.ids['project'][0]}&project={self.ids['project'][1]}&q=a",
        ]


def _of_the_api(pattern: str, path: str) -> list[str]:
    is_list = "metrics" not in pattern and "<" not in pattern
    if is_list or pattern.endswith(("results/", "threads/")):
        return [*EVERY_LIST_OF_THE_API, *EVERY_ANSWER_OF_THE_API]
    return list(EVERY_ANSWER_OF_THE_API)


def _first(rows: QuerySet[Any], number: int) -> list[int]:
    return list(islice(rows.values_list("pk", flat=True), number))


def _runs() -> list[int]:
    """A failed one with threads, one that is open, one of totals, one of another branch,
    a manual one, a passed one, one that was put aside by itself, one with doubts.
    """
    runs = Run.objects.order_by("-at", "-pk")
    kinds = [
        runs.filter(
            status="failed",
            detail="rows",
            thread_count__gt=2,
            finished_at__isnull=False,
        ),
        runs.filter(status="running"),
        runs.filter(detail="counts"),
        runs.exclude(branch__in=["", "main"]),
        runs.filter(kind="manual"),
        runs.filter(status="passed", detail="rows"),
        runs.filter(is_outage=True),
        runs.exclude(unknown_words=None),
        runs.filter(is_clean=False),
    ]
    return list(dict.fromkeys(pk for kind in kinds for pk in _first(kind, 1)))


def _cases() -> list[int]:
    """Those that fail most often in each of some projects, and one that never did."""
    failed = Result.objects.filter(status=STATUS_CODES[Status.FAILED])
    found = (
        failed.values("case_id", "project_id")
        .annotate(n=Count("*"))
        .order_by("-n", "case_id")
    )
    by_project: dict[int, list[int]] = {}
    for row in found:
        by_project.setdefault(row["project_id"], []).append(row["case_id"])
    worst = [cases[0] for _, cases in sorted(by_project.items())][:5]
    never = Case.objects.exclude(pk__in=failed.values("case_id")).order_by("pk")
    return [*worst, *_first(never, 1)]


def _milestones() -> list[int]:
    rows = Milestone.objects.annotate(n=Count("members__runmilestone"))
    return _first(rows.order_by("-n", "pk"), 5)


def _results() -> list[int]:
    run = Run.objects.get(pk=_runs()[0])
    row = Result.objects.filter(run_id=run.pk, project_id=run.project_id).order_by(
        "ordinal"
    )[0]
    return [row.run_id * 2**20 + row.ordinal]
