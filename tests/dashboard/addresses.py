"""Every address that answers a GET, with what the rows of `marked` make of it."""

from __future__ import annotations

from urllib.parse import quote

from tests.dashboard.marked import Marked

# Routes that only take what a form sends.
POSTS = frozenset(
    ["project-branch", "project-alias", "case-note", "case-mute", "case-unmute"]
    + ["case-link", "case-unlink", "case-apart", "case-again", "milestone-join"]
    + [
        "milestone-split",
        "disconnect",
        "run-judge",
        "run-rerun",
        "sync-all",
        "sync-now",
    ]
    + ["sync-compare", "relay-run", "relay-project"]
    + ["sync-pause", "sync-resume", "sync-test", "sync-map", "logout"]
    + ["default-scope", "view-save", "view-rename", "view-move", "view-delete"]
    + ["share-revoke"]
)
# Routes that a token opens, whoever asks; `tests/dashboard/shares` opens them.
BY_TOKEN = frozenset(["shared", "shared-page", "shared-picture", "embed"])
# Routes about people and what they own, which have tests of their own
# (`tests/dashboard/people`, `sign_in`, `digests`, `pages/embeds`); each kind of person asks
# them in `rights/test_addresses_of_people.py`.
ABOUT_PEOPLE = frozenset(
    ["account", "account-openid-off", "account-password", "account-profile"]
    + ["account-session-end", "account-sessions-end", "account-token-revoke"]
    + ["account-tokens", "account_login", "account_reauthenticate", "audit"]
    + ["channel-delete", "channel-make", "digest", "digest-all", "digest-change"]
    + ["digest-delete", "digest-new", "digest-pause", "digest-send", "digests"]
    + ["embed-preview", "embed-revoke", "embeds", "embeds-make", "forgot"]
    + ["invitation", "invitation-take-back", "mfa_activate_totp", "mfa_authenticate"]
    + ["mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_index"]
    + ["mfa_reauthenticate", "mfa_view_recovery_codes", "openid_connect_callback"]
    + ["openid_connect_login", "people", "people-invite", "people-tokens", "person"]
    + ["person-code-off", "person-link", "person-set", "project-teams"]
    + ["set-password", "team", "team-delete", "teams"]
)
# Of the API: what numbers were made of, and files of rows that lists have too.
MADE_OF_OTHERS = ("explain/", ".parquet")
VIEWS_OF_CASES = ("failing", "began", "slow", "newly-failing", "fixed", "newly-flaky")


def pages(made: Marked) -> dict[str, list[str]]:
    """By the name of the route; the first one is the page without anything chosen."""
    run, case, project = made.run.pk, made.case.pk, made.project.pk
    cases = [f"/cases/?view={view}" for view in (*VIEWS_OF_CASES, f"counts-{run}")]
    return {
        "overview": ["/", f"/?project={project}&branch={made.run.branch[:50]}"],
        "project": [f"/projects/{project}/"],
        "project-settings": [f"/projects/{project}/settings/"],
        "project-tests": [
            f"/projects/{project}/tests/",
            f"/projects/{project}/tests/?folder={quote(made.case.folder[:100])}",
            f"/projects/{project}/tests/?never_executed=1",
            f"/projects/{project}/tests/?q=mk&sort=-last_seen_at",
        ],
        "project-start": [f"/projects/{project}/start/"],
        # The one with a tool that makes tests.
        "project-new-test": [f"/projects/{made.twin.project_id}/new-test/"],
        "started": [f"/started/{made.started.pk}/"],
        "runs": ["/runs/", "/runs/?view=left-out", "/runs/?sort=name"],
        "results": ["/results/", f"/results/?case={case}", "/results/?sort=name"],
        "result": [f"/results/{run * 2**20 + made.result.ordinal}/"],
        "compare": [
            f"/compare/?base={made.before.pk}&head={run}",
            "/compare/",
            f"/compare/?head={run}&change=still_failing",
        ],
        "failures": ["/failures/", "/failures/?window=90d"],
        "flaky": ["/flaky/", "/flaky/?state=all"],
        "cases": ["/cases/", *cases, f"/cases/?view=scope&milestone={made.milestone}"],
        "case": [f"/cases/{case}/", f"/cases/{case}/?window=90d"],
        "milestones": ["/milestones/", "/milestones/?view=at-risk"],
        "milestone": [f"/milestones/{made.milestone}/"],
        "standup": ["/standup/", "/standup/?format=md", "/standup/?window=7d"],
        "share": [f"/share/?path=/runs/{run}/"],
        "shares": ["/shares/"],
        "share-all": ["/shares/all/"],
        "search": ["/search/", "/search/?q=mk", "/search/?q=-"],
        # The rows of the palette, to which it is redirected without htmx.
        "palette": ["/search/palette/?q=mk"],
        "mine": ["/me/"],
        "view": [f"/me/views/{made.view.pk}/"],
        "login": ["/login/"],
        "setup": ["/setup/"],
        "theme": ["/theme/?to=dark"],
        "connect": [
            "/connect/",
            *(f"/connect/?connection={c.pk}" for c in (made.connection, made.paused)),
        ],
        "run": [
            *(f"/runs/{one.pk}/" for one in (made.run, made.excluded, made.outage)),
            f"/runs/{run}/?status=all",
            f"/runs/{run}/?attempts=all",
        ],
        "connect-push": [f"/connect/push/?project={made.project.pk}"],
        "sync": ["/sync/", f"/sync/?connection={made.connection.pk}"],
        "sync-history": ["/sync/history/", "/sync/history/?status=failed"],
        "sync-rejects": ["/sync/rejects/", f"/sync/rejects/?run={run}"],
        "relay": ["/sync/relay/"],
        "sync-reject": [f"/sync/rejects/{made.reject.pk}/"],
        "sync-unknown": [f"/sync/unknown/?connection={made.connection.pk}&word=word"],
        "api-docs": ["/api/docs/"],
        "api-docs-metrics": ["/api/docs/metrics/"],
    }


def objects(made: Marked) -> dict[str, list[str]]:
    """Addresses of the API by its route, below /api/v1/."""
    ids = {
        "connections": made.connection.pk,
        "projects": made.project.pk,
        "milestones": made.milestone,
        "runs": made.run.pk,
        "cases": made.case.pk,
        "results": made.result.run_id * 2**20 + made.result.ordinal,
        "syncs": made.sync.pk,
    }
    found = {f"{name}/": [f"{name}/"] for name in ids}
    found |= {f"{name}/<int:pk>/": [f"{name}/{pk}/"] for name, pk in ids.items()}
    run, case = made.run.pk, made.case.pk
    compared = f"metrics/compare/?base={made.before.pk}&head={run}"
    return found | {
        "runs/<int:pk>/threads/": [f"runs/{run}/threads/"],
        "runs/<int:pk>/results/": [f"runs/{run}/results/"],
        "cases/<int:pk>/results/": [f"cases/{case}/results/"],
        "milestones/<int:pk>/progress/": [f"milestones/{made.milestone}/progress/"],
        "metrics/summary/": ["metrics/summary/"],
        "metrics/pass-rate/": [
            f"metrics/pass-rate/?by={by}&bucket={bucket}"
            for by in ("none", "source", "configuration", "milestone", "branch")
            for bucket in ("day", "run")
        ],
        "metrics/compare/": [compared],
        "metrics/standup/": ["metrics/standup/?window=7d", "metrics/standup/"],
        **{
            f"metrics/{name}/": [f"metrics/{name}/"]
            for name in ("failing", "flaky", "failures", "slow", "reconciliation")
        },
        "schema/": ["schema/"],
    }
