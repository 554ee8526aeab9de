"""The routes of the pages."""

from __future__ import annotations

from django.urls import path

from dashboard.pages.account.urls import urlpatterns as account_routes
from dashboard.pages.audit import views as audit
from dashboard.pages.cases import views as cases
from dashboard.pages.compare import views as compare
from dashboard.pages.connect import sync_actions
from dashboard.pages.connect import views as connect
from dashboard.pages.digests import views as digests
from dashboard.pages.embeds import views as embeds
from dashboard.pages.failures import views as failures
from dashboard.pages.flaky import views as flaky
from dashboard.pages.milestones import views as milestones
from dashboard.pages.mine import views as mine
from dashboard.pages.overview import views as overview
from dashboard.pages.people import teams
from dashboard.pages.people import views as people
from dashboard.pages.projects import views as projects
from dashboard.pages.push import views as push
from dashboard.pages.relay import views as relay
from dashboard.pages.results import views as results
from dashboard.pages.runs import views as runs
from dashboard.pages.search import views as search
from dashboard.pages.settings import views as settings
from dashboard.pages.shares import views as shares
from dashboard.pages.shares import visits
from dashboard.pages.standup import views as standup
from dashboard.pages.started import views as started
from dashboard.pages.suites import views as suites
from dashboard.pages.sync import views as sync
from dashboard.ui import theme

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("projects/<int:project_id>/", projects.project, name="project"),
    path(
        "projects/<int:project_id>/settings/",
        settings.settings,
        name="project-settings",
    ),
    path(
        "projects/<int:project_id>/settings/branch/",
        settings.default_branch,
        name="project-branch",
    ),
    path(
        "projects/<int:project_id>/settings/alias/",
        settings.alias,
        name="project-alias",
    ),
    path(
        "projects/<int:project_id>/settings/teams/",
        settings.teams,
        name="project-teams",
    ),
    path("projects/<int:project_id>/tests/", suites.suites, name="project-tests"),
    path("projects/<int:project_id>/start/", started.start, name="project-start"),
    path(
        "projects/<int:project_id>/new-test/",
        started.new_test,
        name="project-new-test",
    ),
    path("started/<int:started_id>/", started.started, name="started"),
    path("runs/<int:run_id>/rerun/", started.rerun, name="run-rerun"),
    path("runs/", runs.runs, name="runs"),
    path("results/", results.results, name="results"),
    path("results/<int:result_id>/", results.result, name="result"),
    path("compare/", compare.compare, name="compare"),
    path("failures/", failures.failures, name="failures"),
    path("flaky/", flaky.flaky, name="flaky"),
    path("cases/", cases.cases, name="cases"),
    path("cases/<int:case_id>/", cases.case, name="case"),
    path("cases/<int:case_id>/note/", cases.note, name="case-note"),
    path("cases/<int:case_id>/mute/", cases.mute, name="case-mute"),
    path("cases/<int:case_id>/unmute/", cases.unmute, name="case-unmute"),
    path("cases/<int:case_id>/link/", cases.link, name="case-link"),
    path("cases/<int:case_id>/unlink/", cases.unlink, name="case-unlink"),
    path("cases/<int:case_id>/apart/", cases.apart, name="case-apart"),
    path("cases/<int:case_id>/again/", cases.again, name="case-again"),
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
    path("digests/", digests.digests, name="digests"),
    path("digests/all/", digests.all_digests, name="digest-all"),
    path("digests/channels/", digests.make_channel, name="channel-make"),
    path(
        "digests/channels/<int:channel_id>/delete/",
        digests.delete_channel,
        name="channel-delete",
    ),
    path("digests/new/", digests.new, name="digest-new"),
    path("digests/<int:subscription_id>/", digests.digest, name="digest"),
    path("digests/<int:subscription_id>/change/", digests.change, name="digest-change"),
    path("digests/<int:subscription_id>/send/", digests.send, name="digest-send"),
    path("digests/<int:subscription_id>/pause/", digests.pause, name="digest-pause"),
    path("digests/<int:subscription_id>/delete/", digests.delete, name="digest-delete"),
    path("embeds/", embeds.embeds, name="embeds"),
    path("embeds/make/", embeds.make, name="embeds-make"),
    path("embeds/preview/<str:name>", embeds.preview, name="embed-preview"),
    path("embeds/<int:embed_id>/revoke/", embeds.revoke, name="embed-revoke"),
    path("embed/<str:token>/<str:name>", embeds.picture, name="embed"),
    path("share/", shares.share, name="share"),
    path("shares/", shares.shares, name="shares"),
    path("shares/all/", shares.all_shares, name="share-all"),
    path("shares/<int:share_id>/revoke/", shares.revoke_share, name="share-revoke"),
    path("s/<str:token>", visits.shared, name="shared"),
    path("s/<str:token>/og.png", visits.shared_picture, name="shared-picture"),
    path("s/<str:token>/<path:rest>", visits.shared, name="shared-page"),
    path("s/<str:token>/", visits.shared, name="shared"),
    path("search/", search.search, name="search"),
    path("search/palette/", search.palette, name="palette"),
    path("me/", mine.mine, name="mine"),
    path("me/scope/", mine.scope, name="default-scope"),
    path("me/views/", mine.save, name="view-save"),
    path("me/views/<int:view_id>/", mine.view, name="view"),
    path("me/views/<int:view_id>/rename/", mine.rename, name="view-rename"),
    path("me/views/<int:view_id>/move/", mine.move, name="view-move"),
    path("me/views/<int:view_id>/delete/", mine.delete, name="view-delete"),
    *account_routes,
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite_somebody, name="people-invite"),
    path("people/tokens/", people.tokens, name="people-tokens"),
    path(
        "people/invitations/<int:invitation_id>/take-back/",
        people.take_back_invitation,
        name="invitation-take-back",
    ),
    path("people/<int:person_id>/", people.person, name="person"),
    path("people/<int:person_id>/set/", people.change, name="person-set"),
    path("people/<int:person_id>/link/", people.link, name="person-link"),
    path("people/<int:person_id>/code/off/", people.code_off, name="person-code-off"),
    path("teams/", teams.teams, name="teams"),
    path("teams/<int:team_id>/", teams.team, name="team"),
    path("teams/<int:team_id>/delete/", teams.delete, name="team-delete"),
    path("audit/", audit.audit, name="audit"),
    path("theme/", theme.switch, name="theme"),
    path("connect/", connect.connect, name="connect"),
    path("connect/push/", push.push, name="connect-push"),
    path("connect/<int:connection>/delete/", connect.disconnect, name="disconnect"),
    path("runs/<int:run_id>/", runs.run, name="run"),
    path("runs/<int:run_id>/judge/", runs.judge, name="run-judge"),
    path("sync/", sync.sync, name="sync"),
    path("sync/history/", sync.history, name="sync-history"),
    path("sync/rejects/", sync.rejects, name="sync-rejects"),
    path("sync/rejects/<int:reject_id>/", sync.reject, name="sync-reject"),
    path("sync/unknown/", sync.unknown, name="sync-unknown"),
    path("sync/relay/", relay.relay, name="relay"),
    path("sync/relay/runs/<int:run_id>/", relay.decide_run, name="relay-run"),
    path(
        "sync/relay/projects/<int:project_id>/",
        relay.decide_project,
        name="relay-project",
    ),
    path("sync/all/", sync_actions.sync_all, name="sync-all"),
    path("sync/<int:connection>/now/", sync_actions.sync_now, name="sync-now"),
    path(
        "sync/<int:connection>/compare/",
        sync_actions.compare_whole,
        name="sync-compare",
    ),
    path("sync/<int:connection>/pause/", sync_actions.pause_syncs, name="sync-pause"),
    path(
        "sync/<int:connection>/resume/", sync_actions.resume_syncs, name="sync-resume"
    ),
    path("sync/<int:connection>/test/", sync_actions.test_stored, name="sync-test"),
    path("sync/<int:connection>/map/", sync_actions.map_word, name="sync-map"),
]
