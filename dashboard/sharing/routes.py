"""Which pages may be shared, and which of them a visitor may open from which.

Whatever is named here neither as shown nor as refused is refused; a test asks for each
route to be named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.http import QueryDict

OF_RUNS = ("source", "configuration", "milestone", "branch")
# They stand in an address without a word on rows.
LOOK = frozenset({"sort", "cursor", "page", "theme"})
METRIC_DAYS, STANDUP_DAYS = 30, 1
# Views of /cases/ whose tests come from milestones, whatever ran when.
SCOPE_VIEWS = ("scope", "added", "counts")


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that may be shared.

    `takes` are the parameters by which all of its rows are chosen, each with what it
    means: `q` of a list of runs is another thing than `q` of a list of tests. Another
    page leads here only if each limit of the share is among these meanings. `own` are
    further parameters that choose rows, which only this page knows; `look` change how it
    looks. `days` is the window of a metric that is told no time; None is a list, of all
    time. `is_metric`: runs of other branches than the default one, and those excluded
    from every number, stay out unless they are asked for. `about` is the kind of the one
    thing that its path names; it has to be of the share's rows, which says all that it
    `implies`. `after` are the pages that lead here beside itself, None for all.
    """

    takes: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    look: frozenset[str] = frozenset()
    days: int | None = None
    has_time: bool = True
    is_metric: bool = False
    about: str = ""
    implies: frozenset[str] = frozenset()
    after: frozenset[str] | None = None


_RUNS = _same(*OF_RUNS)
_TESTS = {**_RUNS, "case": "case"}
_NAMED_TESTS = {**_TESTS, "q": "test"}
# What the page of one run, of two, or of one test says by the very thing it is about.
_OF_A_RUN = frozenset({*OF_RUNS, "run name", "run status", "run"})
_NONE: frozenset[str] = frozenset()
_OF_LISTS = frozenset({*_NAMED_TESTS, "status", "default_branch", "counted"})
_FIGURES = Page(
    takes=_TESTS,
    own=frozenset({"signature", "message", "q", "find", "runs"}),
    look=frozenset({"view"}),
    days=METRIC_DAYS,
    is_metric=True,
)
_CASES = Page(
    takes=_NAMED_TESTS,
    own=frozenset({"view", "cause", "status", "never_executed", "signature"}),
)

SHOWN: Mapping[str, Page] = {
    "overview": replace(_FIGURES, after=_NONE),
    "project": replace(_FIGURES, about="project", after=frozenset({"overview"})),
    "project-tests": Page(
        own=_OF_LISTS | {"folder", "never_executed", "signature"},
        about="project",
        after=_NONE,
    ),
    "runs": Page(
        takes={**_RUNS, "q": "run name", "status": "run status"},
        own=frozenset({"case", "signature", "view"}),
    ),
    "run": Page(
        own=frozenset(
            {"q", "thread", "base", "change", "signature", "case", "status", "attempts"}
        ),
        look=frozenset({"lanes"}),
        has_time=False,
        about="run",
        implies=_OF_A_RUN,
    ),
    "results": Page(
        takes={
            **_NAMED_TESTS,
            "status": "result status",
            "signature": "signature",
            "latest": "latest",
            "final": "final",
        },
        own=frozenset({"view"}),
    ),
    "result": Page(
        has_time=False,
        about="result",
        implies=_OF_A_RUN
        | {"case", "test", "result status", "signature", "latest", "final"},
    ),
    "compare": Page(
        own=frozenset({"base", "head", "change", "q"}),
        has_time=False,
        about="runs",
        implies=_OF_A_RUN,
    ),
    "failures": Page(
        takes=_NAMED_TESTS,
        own=frozenset({"signature", "message"}),
        days=METRIC_DAYS,
        is_metric=True,
    ),
    "flaky": Page(
        takes=_NAMED_TESTS,
        own=frozenset({"find", "state", "min_rate", "min_executions"}),
        look=frozenset({"view"}),
        days=METRIC_DAYS,
        is_metric=True,
    ),
    "cases": _CASES,
    "case": Page(
        takes=_TESTS,
        days=METRIC_DAYS,
        is_metric=True,
        about="case",
        implies=frozenset({"case", "test"}),
    ),
    "milestones": Page(own=_OF_LISTS | {"view"}, after=_NONE),
    # It tells of all of its runs, whatever the list of milestones was asked for.
    "milestone": Page(
        own=_OF_LISTS | {"window", "since", "until"},
        has_time=False,
        about="milestone",
        after=frozenset({"milestones"}),
    ),
    "standup": Page(
        takes=_TESTS,
        own=frozenset({"q"}),
        look=frozenset({"view"}),
        days=STANDUP_DAYS,
        is_metric=True,
        after=_NONE,
    ),
    "sync": Page(own=frozenset({"connection"}), has_time=False, after=_NONE),
    "search": Page(own=frozenset({"q"}), has_time=False, after=_NONE),
}
# /cases/ is a metric, or a list of other tests, by its `view`.
_RANKED = replace(_CASES, days=METRIC_DAYS, is_metric=True)
_TURNED = replace(_CASES, days=STANDUP_DAYS, is_metric=True)
_VIEWS_OF_CASES = {
    **dict.fromkeys(("failing", "began", "retired", "slow"), _RANKED),
    **dict.fromkeys(("newly-failing", "fixed", "newly-flaky"), _TURNED),
}
# What counts for milestones, whenever it ran.
_IN_SCOPE = replace(
    _CASES, takes={"milestone": "milestone", "q": "test"}, has_time=False
)


def page_of(route: str, query: QueryDict) -> Page | None:
    """The page that a route and its parameters name, None for one that is not shown."""
    view = query.get("view", "")
    if route != "cases" or not view:
        return SHOWN.get(route)
    if view.startswith(SCOPE_VIEWS):
        return _IN_SCOPE
    return _VIEWS_OF_CASES.get(view)


# Acts, forms, what belongs to people, and lists of what tools said word by word.
REFUSED = frozenset(
    {
        *("project-settings", "project-branch", "project-alias"),
        *("project-start", "project-new-test", "started", "run-rerun", "run-judge"),
        *("case-note", "case-mute", "case-unmute", "case-link", "case-unlink"),
        *("case-apart", "case-again", "milestone-join", "milestone-split"),
        *("login", "logout", "setup", "theme"),
        *("connect", "connect-push", "disconnect"),
        *("sync-history", "sync-rejects", "sync-reject", "sync-unknown", "sync-all"),
        *("sync-now", "sync-compare", "sync-pause", "sync-resume", "sync-test"),
        *("sync-map", "relay", "relay-run", "relay-project"),
        *("embeds", "embeds-make", "embed-preview", "embed-revoke", "embed"),
        *("palette", "mine", "default-scope", "view", "view-save", "view-rename"),
        *("view-move", "view-delete"),
        *("digests", "digest-all", "digest-new", "digest", "digest-change"),
        *("digest-send", "digest-pause", "digest-delete"),
        *("channel-make", "channel-delete"),
        *("share", "shares", "share-all", "share-revoke"),
        *("shared", "shared-page", "shared-picture"),
        *("account", "account-profile", "account-password", "account-openid-off"),
        *("account-tokens", "account-token-revoke"),
        *("account-session-end", "account-sessions-end"),
        *("account_login", "account_reauthenticate", "forgot", "set-password"),
        *("openid_connect_login", "openid_connect_callback"),
        *("mfa_index", "mfa_authenticate", "mfa_reauthenticate"),
        *("mfa_activate_totp", "mfa_deactivate_totp"),
        *("mfa_generate_recovery_codes", "mfa_view_recovery_codes"),
        *("people", "people-invite", "people-tokens"),
        *("invitation", "invitation-take-back"),
        *("person", "person-set", "person-link", "person-code-off"),
        *("teams", "team", "team-delete", "project-teams", "audit"),
    }
)
