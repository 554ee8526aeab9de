"""The routes of the pages."""

from __future__ import annotations

from django.urls import path

from dashboard.views import (
    account,
    case,
    compare,
    connect,
    failures,
    flaky,
    lists,
    milestones,
    overview,
    projects,
    run,
    standup,
    sync,
    sync_actions,
    theme,
)

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("projects/<int:project_id>/", overview.project, name="project"),
    path(
        "projects/<int:project_id>/settings/",
        projects.settings,
        name="project-settings",
    ),
    path(
        "projects/<int:project_id>/settings/branch/",
        projects.default_branch,
        name="project-branch",
    ),
    path(
        "projects/<int:project_id>/settings/alias/",
        projects.alias,
        name="project-alias",
    ),
    path("runs/", lists.runs, name="runs"),
    path("results/", lists.results, name="results"),
    path("compare/", compare.compare, name="compare"),
    path("failures/", failures.failures, name="failures"),
    path("flaky/", flaky.flaky, name="flaky"),
    path("cases/", lists.cases, name="cases"),
    path("cases/<int:case_id>/", case.case, name="case"),
    path("cases/<int:case_id>/note/", case.note, name="case-note"),
    path("cases/<int:case_id>/mute/", case.mute, name="case-mute"),
    path("cases/<int:case_id>/unmute/", case.unmute, name="case-unmute"),
    path("cases/<int:case_id>/link/", case.link, name="case-link"),
    path("cases/<int:case_id>/unlink/", case.unlink, name="case-unlink"),
    path("cases/<int:case_id>/apart/", case.apart, name="case-apart"),
    path("cases/<int:case_id>/again/", case.again, name="case-again"),
    path("milestones/", milestones.milestones, name="milestones"),
    path("milestones/<int:milestone_id>/", milestones.milestone, name="milestone"),
    path(
        "milestones/<int:milestone_id>/join/",
        milestones.join_other,
        name="milestone-join",
    ),
    path(
        "milestones/<int:milestone_id>/split/",
        milestones.split_off,
        name="milestone-split",
    ),
    path("standup/", standup.standup, name="standup"),
    path("search/", lists.search, name="search"),
    path("login/", account.LogIn.as_view(), name="login"),
    path("logout/", account.log_out, name="logout"),
    path("setup/", account.setup, name="setup"),
    path("theme/", theme.switch, name="theme"),
    path("connect/", connect.connect, name="connect"),
    path("connect/<int:connection>/delete/", connect.disconnect, name="disconnect"),
    path("runs/<int:run_id>/", run.run, name="run"),
    path("runs/<int:run_id>/judge/", run.judge, name="run-judge"),
    path("sync/", sync.sync, name="sync"),
    path("sync/history/", sync.history, name="sync-history"),
    path("sync/rejects/", sync.rejects, name="sync-rejects"),
    path("sync/rejects/<int:reject_id>/", sync.reject, name="sync-reject"),
    path("sync/unknown/", sync.unknown, name="sync-unknown"),
    path("sync/all/", sync_actions.sync_all, name="sync-all"),
    path("sync/<int:connection>/now/", sync_actions.sync_now, name="sync-now"),
    path("sync/<int:connection>/pause/", sync_actions.pause_syncs, name="sync-pause"),
    path(
        "sync/<int:connection>/resume/", sync_actions.resume_syncs, name="sync-resume"
    ),
    path("sync/<int:connection>/test/", sync_actions.test_stored, name="sync-test"),
    path("sync/<int:connection>/map/", sync_actions.map_word, name="sync-map"),
]
