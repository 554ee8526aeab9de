"""The fields that a stranger's answers of the API have, by route; most are for all.

Whoever adds a field says here that strangers may see it, or marks it ForSignedIn.
"""

from __future__ import annotations

STATUSES = "passed failed error skipped blocked untested running unknown"
PAGE = "count next previous"
META = (
    "meta.since meta.until meta.as_of meta.n_rows meta.n_counts meta.explain "
    "meta.freshness.oldest_success_at meta.freshness.stale meta.freshness.failing"
)


def attached(prefix: str = "", *more: str) -> str:
    """ "results.fields.type …"; `more` are lists that are empty in some rows."""
    names = [
        f"fields.{one}"
        for one in ["type", "name", "value", "meta.browser", "is_highlight"]
    ]
    names += [
        f"artifacts.{one}" for one in ["name", "url", "note", "mime_type", "size"]
    ]
    names += [f"links.{one}" for one in ("name", "url", "note")]
    return " ".join(f"{prefix}{name}" for name in (*names, *more))


def by_status(*names: str) -> str:
    """ "counts.passed counts.failed …" """
    return " ".join(f"{name}.{word}" for name in names for word in STATUSES.split())


# Null to a stranger, whatever is stored.
WITHHELD = frozenset(["base_url", "last_error", "vendor_url", "owner", "error"])
FIELDS = {
    "connections/": (
        f"{PAGE} "
        "results.id results.name results.tool results.base_url "
        "results.interval_minutes results.projects results.state "
        "results.paused_at results.last_attempt_at results.last_success_at "
        "results.next_sync_at results.failing_since results.last_error "
        "results.created_at results.url"
    ),
    "projects/": (
        f"{PAGE} "
        "results.id results.connection results.tool results.external_id "
        "results.name results.last_attempt_at results.last_success_at results.looked_at "
        "results.last_error results.created_at results.url results.vendor_url"
    ),
    "milestones/": (
        f"{PAGE} "
        "results.id results.name results.due_at results.state results.projects "
        "results.members.connection results.members.external_id "
        "results.members.name results.url"
    ),
    "runs/": (
        f"{PAGE} "
        f"{by_status('results.counts', 'results.vendor_counts')} "
        "results.id results.external_id results.project results.name "
        "results.kind results.status results.raw_status results.source "
        "results.configuration results.milestones results.branch results.commit "
        "results.started_at results.finished_at results.duration_ms "
        "results.counts.total results.vendor_counts results.detail "
        "results.outage results.excluded results.thread_count results.url "
        "results.vendor_url results.recorded_at results.vendor_counts.total "
        f"{attached('results.', 'tags', 'fields', 'artifacts', 'links')}"
    ),
    "cases/": (
        f"{PAGE} "
        "results.id results.project results.key results.name results.folder "
        "results.first_seen_at results.last_seen_at results.owner results.url"
    ),
    "results/": (
        f"{PAGE} "
        "results.id results.run results.thread results.case.id results.case.key "
        "results.case.name results.case.folder results.status "
        "results.raw_status results.attempt results.final results.executed_at "
        "results.duration_ms results.message results.vendor_url "
        "results.recorded_at "
        f"{attached('results.', 'fields', 'artifacts', 'links')}"
    ),
    "syncs/": (
        f"{PAGE} "
        "results.id results.connection results.project results.parent "
        "results.trigger results.status results.requested_at results.started_at "
        "results.finished_at results.runs_read results.runs_written "
        "results.results_read results.results_written results.rejected "
        "results.unknown_statuses results.error results.url"
    ),
    "connections/<int:pk>/": (
        "id name tool base_url interval_minutes projects state paused_at "
        "last_attempt_at last_success_at next_sync_at failing_since last_error "
        "created_at url"
    ),
    "projects/<int:pk>/": (
        "id connection tool external_id name last_attempt_at last_success_at looked_at "
        "last_error created_at url vendor_url"
    ),
    "milestones/<int:pk>/": (
        "id name due_at state projects members.connection members.external_id "
        "members.name url"
    ),
    "runs/<int:pk>/": (
        f"{by_status('counts', 'vendor_counts')} "
        "id external_id project name kind status raw_status source "
        "configuration milestones branch commit started_at finished_at "
        "duration_ms counts.total vendor_counts.total detail outage excluded "
        f"thread_count url vendor_url recorded_at tags {attached()}"
    ),
    "cases/<int:pk>/": (
        "id project key name folder first_seen_at last_seen_at owner url"
    ),
    "results/<int:pk>/": (
        "id run thread case.id case.key case.name case.folder status raw_status "
        "attempt final executed_at duration_ms message vendor_url recorded_at "
        f"{attached()} file line assertions meta.browser steps.title steps.category "
        "steps.duration_ms steps.error steps.steps"
    ),
    "syncs/<int:pk>/": (
        "id connection project parent trigger status requested_at started_at "
        "finished_at runs_read runs_written results_read results_written "
        "rejected unknown_statuses error url"
    ),
    "runs/<int:pk>/threads/": (
        f"{PAGE} "
        f"{by_status('results.counts')} "
        "results.id results.external_id results.run results.name results.status "
        "results.duration_ms results.counts.total "
        f"{attached('results.')}"
    ),
    "runs/<int:pk>/results/": (
        f"{PAGE} "
        "results.id results.run results.thread results.case.id results.case.key "
        "results.case.name results.case.folder results.status "
        "results.raw_status results.attempt results.final results.executed_at "
        "results.duration_ms results.message results.vendor_url "
        "results.recorded_at "
        f"{attached('results.')}"
    ),
    "cases/<int:pk>/results/": (
        f"{PAGE} "
        "results.id results.run results.thread results.case.id results.case.key "
        "results.case.name results.case.folder results.status "
        "results.raw_status results.attempt results.final results.executed_at "
        "results.duration_ms results.message results.vendor_url "
        "results.recorded_at "
        f"{attached('results.', 'fields', 'artifacts', 'links')}"
    ),
    "milestones/<int:pk>/progress/": (
        f"{META} "
        f"{by_status('counts')} "
        "counts.total runs_without_rows burn_up.t burn_up.scope burn_up.decided "
        "burn_up.passed forecast reason"
    ),
    "metrics/summary/": (
        f"{META} "
        f"{by_status('counts', 'previous.counts')} "
        "runs results counts.total pass_rate.value pass_rate.low pass_rate.high "
        "pass_rate.n plan_pass_rate completion never_executed failing_now flaky "
        "time_lost_ms "
        "previous.since previous.until previous.runs previous.results "
        "previous.counts.total previous.pass_rate.value previous.pass_rate.low "
        "previous.pass_rate.high previous.pass_rate.n previous.plan_pass_rate "
        "previous.completion previous.never_executed previous.failing_now "
        "previous.flaky "
        "previous.time_lost_ms"
    ),
    "metrics/pass-rate/": (
        f"{META} "
        f"{by_status('results.points')} "
        "results.key results.label results.points.t results.points.n "
        "results.points.value results.points.low results.points.high "
        "results.points.run"
    ),
    "metrics/compare/": (
        f"{META} {PAGE} "
        "base head counts.regression counts.fixed counts.still_failing "
        "counts.still_passing counts.new_failure counts.new_pass counts.gone "
        "mcnemar_p results.category results.case.id results.case.key "
        "results.case.name results.case.folder results.base.id "
        "results.base.status results.base.duration_ms results.base.message "
        "results.head.id results.head.status results.head.duration_ms "
        "results.head.message results.change_ms"
    ),
    "metrics/standup/": (
        f"{META} "
        "newly_failing.case.id newly_failing.case.key newly_failing.case.name "
        "newly_failing.case.folder newly_failing.case.project "
        "newly_failing.since newly_failing.since_run newly_failing.streak "
        "newly_failing.cause newly_failing.message fixed newly_flaky.case.id "
        "newly_flaky.case.key newly_flaky.case.name newly_flaky.case.folder "
        "newly_flaky.case.project newly_flaky.k newly_flaky.n newly_flaky.rate "
        "newly_flaky.low newly_flaky.high newly_flaky.evidence "
        "milestones_at_risk.id milestones_at_risk.name milestones_at_risk.due_at "
        "milestones_at_risk.overdue milestones_at_risk.p10 milestones_at_risk.p90 "
        "milestones_at_risk.on_time_probability milestones_at_risk.passed "
        "milestones_at_risk.total milestones_at_risk.url "
        "stale.id stale.name stale.tool stale.state "
        "stale.last_success_at stale.last_error stale.url"
    ),
    "metrics/failing/": (
        f"{META} {PAGE} "
        "results.case.id results.case.key results.case.name results.case.folder "
        "results.case.project results.since_run results.since results.streak "
        "results.configuration results.branch results.strip"
    ),
    "metrics/flaky/": (
        f"{META} {PAGE} "
        "results.case.id results.case.key results.case.name results.case.folder "
        "results.case.project results.k results.n results.rate results.low "
        "results.high results.evidence results.events.retry "
        "results.events.same_commit results.events.alternating results.flips "
        "results.flip_rate "
        "results.expected_flips results.executions results.not_passed "
        "results.passed_on_retry results.time_lost_ms results.unknown_durations results.strip"
    ),
    "metrics/failures/": (
        f"{META} {PAGE} "
        "results.signature results.masking results.message results.results "
        "results.share results.cases results.runs results.first_at "
        "results.last_at results.known_before results.newest_result "
        "results.projects"
    ),
    "metrics/slow/": (
        f"{META} {PAGE} "
        "results.case.id results.case.key results.case.name results.case.folder "
        "results.case.project results.p50_ms results.p95_ms results.n "
        "results.previous_p50_ms results.strip"
    ),
    "metrics/reconciliation/": (
        f"{META} {PAGE} "
        f"{by_status('results.difference', 'results.ours', 'results.vendor')} "
        "results.run results.project results.name results.started_at "
        "results.basis results.agrees results.url"
    ),
}
