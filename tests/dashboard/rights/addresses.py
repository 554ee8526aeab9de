"""Every address of Passline, with what it is asked with; none may be missing here.

`{project}`, `{run}` and so on stand for ids of one kind of rows, `{now}` for the time when
the answers are asked for. GET only, unless its
route is in ACTIONS.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

# What narrows pages and lists, each of which reads it by the same code; the values are
# the hidden ones.
FILTERS = (
    "",
    "?q=Zebra",
    "?source=zebra-source",
    "?configuration=Zebra+Phone",
    "?branch=zebra-branch",
    "?connection=Zebra+tool",
    "?project={project}",
    "?milestone={milestone}",
    "?case={case}",
)
SEARCHED = ("", "?q=log+in")
PAST = "?as_of={now}"
BARE = ("",)
# Route → the queries that it is asked with.
PAGES: dict[str, tuple[str, ...]] = {
    "overview": (*SEARCHED, PAST),
    "project": BARE,
    "project-settings": BARE,
    "project-tests": BARE,
    "project-start": BARE,
    "project-new-test": BARE,
    "started": BARE,
    "runs": (*FILTERS, PAST),
    "run": BARE,
    "results": (*SEARCHED, PAST),
    "result": BARE,
    "compare": ("", "?base={run}&head={run}"),
    "failures": SEARCHED,
    "flaky": (*SEARCHED, "?view=others"),
    "cases": SEARCHED,
    "case": BARE,
    "milestones": (*SEARCHED, PAST),
    "milestone": (*BARE, PAST),
    "standup": (*BARE, "?format=md", "?view=tv"),
    # Of what is in them tests/dashboard/digests/ tells.
    "digests": BARE,
    "digest-all": BARE,
    "digest-new": ("", "?kind=alert"),
    "digest": BARE,
    "digest-change": BARE,
    # Of the pictures themselves tests/dashboard/pages/embeds/ tells.
    "embeds": BARE,
    "embed-preview": BARE,
    "embed": BARE,
    "search": ("", "?q=Zebra", "?q=log"),
    "palette": (
        *("", "?q=Zebra", "?q=log"),
        "?recent=projects-{project}&recent=runs-{run}&recent=cases-{case}"
        "&recent=milestones-{milestone}",
    ),
    "mine": BARE,
    "view": BARE,
    "share": ("?path=/runs/",),
    "shares": BARE,
    "share-all": BARE,
    "login": BARE,
    "setup": BARE,
    "connect": ("", "?connection={connection}"),
    "connect-push": ("", "?project={project}"),
    "sync": BARE,
    "sync-history": SEARCHED,
    "sync-rejects": SEARCHED,
    "sync-reject": BARE,
    "sync-unknown": BARE,
    "relay": BARE,
    "api-docs": BARE,
    "api-docs-metrics": BARE,
    "api-schema": BARE,
    "healthz": BARE,
    "readyz": BARE,
    "metrics": BARE,
}
LISTS = (
    "connections",
    "projects",
    "milestones",
    "runs",
    "cases",
    "results",
    "syncs",
)
FORMATS = (*SEARCHED, "?format=csv")
API: dict[str, tuple[str, ...]] = {
    **{f"api-{name}": (*FORMATS, PAST) for name in LISTS},
    "api-runs": (*FILTERS, "?format=ndjson"),
    **{f"api-{name}-one": BARE for name in LISTS},
    "api-shares": BARE,
    # Of which only a DELETE does something, to whoever made the share.
    "api-shares-one": BARE,
    "api-runs-threads": BARE,
    "api-runs-results": BARE,
    "api-cases-results": BARE,
    "api-milestones-progress": BARE,
    "api-metrics-summary": SEARCHED,
    "api-metrics-pass-rate": (
        *SEARCHED,
        *(f"?by={by}" for by in ("project", "source", "configuration", "branch")),
        "?by=milestone",
        "?by=tool",
        "?bucket=run",
    ),
    "api-metrics-failing": (*SEARCHED, "?retired=1", "?format=csv"),
    "api-metrics-flaky": FORMATS,
    "api-metrics-compare": ("?base={run}&head={run}",),
    "api-metrics-failures": SEARCHED,
    "api-metrics-slow": FORMATS,
    "api-metrics-standup": SEARCHED,
    "api-metrics-reconciliation": FORMATS,
    **{
        f"api-metrics-{name}-explain": SEARCHED
        for name in (
            *("summary", "pass-rate", "failing", "flaky", "slow", "failures"),
            "standup",
        )
    },
    "api-metrics-reconciliation-explain": BARE,
    "api-metrics-compare-explain": ("?base={run}&head={run}",),
    "api-milestones-progress-explain": BARE,
    **{f"api-exports-{name}": SEARCHED for name in ("runs", "cases", "results")},
}
# Routes of which only a POST (or PATCH) does something.
ACTIONS = frozenset(
    {
        "project-branch",
        "project-alias",
        "case-note",
        "case-mute",
        "case-unmute",
        "case-link",
        "case-unlink",
        "case-apart",
        "case-again",
        "milestone-join",
        "milestone-split",
        "channel-make",
        "channel-delete",
        "digest-send",
        "digest-pause",
        "digest-delete",
        "embeds-make",
        "embed-revoke",
        "logout",
        "theme",
        "disconnect",
        "run-judge",
        "run-rerun",
        "relay-run",
        "relay-project",
        "sync-all",
        "sync-now",
        "sync-compare",
        "sync-pause",
        "sync-resume",
        "sync-test",
        "sync-map",
        "share-revoke",
        "api-connections-sync",
        "api-connections-announce",
        "api-connections-start",
        "api-connections-test-cases",
        "api-runs-close",
        "api-runs-rerun",
        "api-intake-junit",
        "api-intake-ctrf",
    }
)
# Of these each person's own is changed, a viewer's too.
PERSONAL = frozenset(
    {"default-scope", "view-save", "view-rename", "view-move", "view-delete"}
)
# Parameters of routes that are no ids of rows that can be hidden.
WORDS = {"name": "daily.svg", "token": "forged", "embed": "987654"} | dict.fromkeys(
    ("channel", "subscription"), "987654"
)
# They have their own tokens and tests, or are Django's own and for administrators.
ELSEWHERE = ("s/<", "intake/", "admin/", "^api/v1/(?:.*/)?$")


def routes() -> Iterator[tuple[str, str]]:
    """Name and path of every route, as Django knows them."""
    yield from _below(get_resolver(), "")


def _below(resolver: URLResolver, before: str) -> Iterator[tuple[str, str]]:
    for one in resolver.url_patterns:
        path = before + str(one.pattern)
        if path.startswith(ELSEWHERE):
            continue
        if isinstance(one, URLResolver):
            yield from _below(one, path)
        elif isinstance(one, URLPattern):
            yield one.name or path, path
