"""Every route of the REST API v1 and of its documentation."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from dashboard.addresses import API_V1
from dashboard.api import (
    announce,
    at_the_tool,
    compare,
    explain,
    exports,
    failures,
    flaky,
    metrics,
    milestones,
    rows,
    schema_view,
    shares,
    standup,
    started,
    sync,
    views,
)
from dashboard.intake import files
from dashboard.pages.api_docs import views as docs

V1 = API_V1.removeprefix("/")


def _listed(
    name: str, every: type[views.ListView], one: type[views.ObjectView]
) -> list[URLPattern]:
    return [
        path(f"{V1}{name}/", every.as_view(), name=f"api-{name}"),
        path(f"{V1}{name}/<int:pk>/", one.as_view(), name=f"api-{name}-one"),
    ]


urlpatterns = [
    *_listed("connections", rows.ConnectionList, rows.ConnectionObject),
    *_listed("projects", rows.ProjectList, rows.ProjectObject),
    *_listed("milestones", rows.MilestoneList, rows.MilestoneObject),
    *_listed("runs", rows.RunList, at_the_tool.ChangeableRun),
    *_listed("cases", rows.CaseList, rows.CaseObject),
    *_listed("results", rows.ResultList, rows.ResultObject),
    *_listed("syncs", rows.SyncList, rows.SyncObject),
    path(f"{V1}shares/", shares.ShareList.as_view(), name="api-shares"),
    path(f"{V1}shares/<int:pk>/", shares.ShareObject.as_view(), name="api-shares-one"),
    path(
        f"{V1}runs/<int:pk>/threads/",
        rows.RunThreads.as_view(),
        name="api-runs-threads",
    ),
    path(
        f"{V1}runs/<int:pk>/results/",
        rows.RunResults.as_view(),
        name="api-runs-results",
    ),
    path(
        f"{V1}cases/<int:pk>/results/",
        rows.CaseResults.as_view(),
        name="api-cases-results",
    ),
    path(
        f"{V1}milestones/<int:pk>/progress/",
        milestones.ProgressView.as_view(),
        name="api-milestones-progress",
    ),
    path(
        f"{V1}connections/<int:pk>/sync/",
        sync.ConnectionSync.as_view(),
        name="api-connections-sync",
    ),
    path(
        f"{V1}connections/<int:pk>/announce/",
        announce.ConnectionAnnounce.as_view(),
        name="api-connections-announce",
    ),
    path(
        f"{V1}connections/<int:pk>/start/",
        started.ConnectionStart.as_view(),
        name="api-connections-start",
    ),
    path(
        f"{V1}connections/<int:pk>/test-cases/",
        at_the_tool.ConnectionCases.as_view(),
        name="api-connections-test-cases",
    ),
    path(
        f"{V1}runs/<int:pk>/close/",
        at_the_tool.RunClose.as_view(),
        name="api-runs-close",
    ),
    path(
        f"{V1}runs/<int:pk>/rerun/",
        started.RunRerun.as_view(),
        name="api-runs-rerun",
    ),
    path(
        f"{V1}metrics/summary/",
        metrics.SummaryView.as_view(),
        name="api-metrics-summary",
    ),
    path(
        f"{V1}metrics/pass-rate/",
        metrics.PassRateView.as_view(),
        name="api-metrics-pass-rate",
    ),
    path(
        f"{V1}metrics/failing/",
        metrics.FailingView.as_view(),
        name="api-metrics-failing",
    ),
    path(f"{V1}metrics/flaky/", flaky.FlakyView.as_view(), name="api-metrics-flaky"),
    path(
        f"{V1}metrics/compare/",
        compare.CompareView.as_view(),
        name="api-metrics-compare",
    ),
    path(
        f"{V1}metrics/failures/",
        failures.FailuresView.as_view(),
        name="api-metrics-failures",
    ),
    path(f"{V1}metrics/slow/", metrics.SlowView.as_view(), name="api-metrics-slow"),
    path(
        f"{V1}metrics/standup/",
        standup.StandupView.as_view(),
        name="api-metrics-standup",
    ),
    path(
        f"{V1}metrics/reconciliation/",
        metrics.ReconciliationView.as_view(),
        name="api-metrics-reconciliation",
    ),
    *(
        path(
            f"{V1}metrics/{metric}/explain/",
            view.as_view(),
            name=f"api-metrics-{metric}-explain",
        )
        for metric, view in explain.VIEWS.items()
    ),
    path(
        f"{V1}metrics/reconciliation/explain/",
        explain.ExplainReconciliation.as_view(),
        name="api-metrics-reconciliation-explain",
    ),
    path(
        f"{V1}metrics/compare/explain/",
        explain.ExplainComparison.as_view(),
        name="api-metrics-compare-explain",
    ),
    path(
        f"{V1}milestones/<int:pk>/progress/explain/",
        explain.ExplainProgress.as_view(),
        name="api-milestones-progress-explain",
    ),
    path(
        f"{V1}exports/runs.parquet",
        exports.RunExport.as_view(),
        name="api-exports-runs",
    ),
    path(
        f"{V1}exports/cases.parquet",
        exports.CaseExport.as_view(),
        name="api-exports-cases",
    ),
    path(
        f"{V1}exports/results.parquet",
        exports.ResultExport.as_view(),
        name="api-exports-results",
    ),
    path(f"{V1}intake/junit/", files.JunitIntake.as_view(), name="api-intake-junit"),
    path(f"{V1}intake/ctrf/", files.CtrfIntake.as_view(), name="api-intake-ctrf"),
    path(f"{V1}schema/", schema_view.Schema.as_view(), name="api-schema"),
    path("api/docs/", docs.reference, name="api-docs"),
    path("api/docs/metrics/", docs.explanations, name="api-docs-metrics"),
    # Only what ends in a slash, so that a missing one is still added.
    re_path(rf"^{V1}(?:.*/)?$", views.NoSuchPath.as_view()),
]
