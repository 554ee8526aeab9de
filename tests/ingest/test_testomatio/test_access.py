"""Getting in to Testomat.io: log-ins, renewals, secrets, the check."""

from __future__ import annotations

import pytest

from ingest.contract import (
    ConfigError,
    PayloadError,
    ProjectRecord,
    Reject,
    RunRecord,
)
from tests.ingest.recordings.testomatio import (
    JWT,
    PROJECT,
    RUN,
    TOKEN,
    V2,
    log_in,
    project_page,
    project_row,
    v2_page,
    v2_run,
)
from tests.ingest.test_testomatio.connected import DENIED, PASSWORD, connect, probe
from tests.ingest.wire import Clock, Wire

# Getting in


@pytest.mark.parametrize(
    ("secrets", "body"),
    [({"token": TOKEN}, {"api_token": TOKEN}), (PASSWORD, PASSWORD)],
)
def test_each_way_to_log_in_gives_the_jwt_that_every_call_carries(
    wire: Wire, secrets: dict[str, str], body: dict[str, str]
):
    wire.serve(log_in(**body), project_page(project_row()))
    (project,) = connect(wire, secrets=secrets).projects()
    assert isinstance(project, ProjectRecord)
    assert (project.external_id, project.name) == ("shop", "Shop")
    assert project.url == f"{wire.url}/projects/shop"
    assert wire.requests[1].headers["Authorization"] == f"Bearer {JWT}"


@pytest.mark.parametrize("status", [401, 403])
def test_an_expired_jwt_is_renewed_once_and_the_call_goes_on(wire: Wire, status: int):
    expired = project_page().but(status=status, body={"error": "expired"})
    wire.serve(log_in(), log_in("second-jwt"), expired, project_page(project_row()))
    (project,) = connect(wire).projects()
    assert isinstance(project, ProjectRecord)
    assert wire.paths().count("/api/login") == 2
    assert wire.requests[-1].headers["Authorization"] == "Bearer second-jwt"


def test_a_second_refusal_after_the_renewal_stops_the_connection(wire: Wire):
    wire.serve(log_in(), log_in("second-jwt"))
    wire.serve(project_page().but(status=403, body={"error": "no second-jwt"}))
    with pytest.raises(ConfigError) as raised:
        list(connect(wire).projects())
    assert wire.paths().count("/api/login") == 2
    assert "second-jwt" not in raised.value.answer


def test_the_check_takes_the_projects_that_came_of_a_list_that_lacks_others(
    wire: Wire,
):
    lacking = project_page(project_row())
    lacking.body["meta"]["num"] = 2
    wire.serve(log_in(), probe(), lacking)
    for size in ("100", "50"):
        wire.serve(lacking.but(query={"page": "1", "per_page": size}))
    wire.serve(probe(path=f"{V2}/milestones"))
    report = connect(wire).check()
    assert ("Projects", "1") in [(item.label, item.value) for item in report.items]


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_refused_log_in_is_a_config_error(wire: Wire, status: int):
    wire.serve(log_in(**PASSWORD).but(status=status, body={"error": "pa55-w0rd?"}))
    with pytest.raises(ConfigError) as raised:
        connect(wire, secrets=PASSWORD).check()
    assert "pa55-w0rd" not in raised.value.answer


def test_a_log_in_without_a_jwt_is_a_payload_error(wire: Wire):
    wire.serve(log_in().but(body={"token": "elsewhere"}))
    with pytest.raises(PayloadError, match="without a jwt"):
        list(connect(wire).projects())


@pytest.mark.parametrize("secrets", [{}, {"email": "qa@example.com"}])
def test_half_a_credential_is_refused_before_any_request(
    wire: Wire, secrets: dict[str, str]
):
    with pytest.raises(ConfigError, match="e-mail and a password"):
        connect(wire, secrets=secrets)


def test_v2_wants_a_token(wire: Wire):
    with pytest.raises(ConfigError, match="API token"):
        connect(wire, secrets=PASSWORD, api="v2")


@pytest.mark.parametrize("prefix", ["", "/", "/api", "/api/v2/"])
def test_the_address_may_be_the_origin_or_either_prefix(wire: Wire, prefix: str):
    wire.serve(v2_page("runs", [v2_run()]))
    (run,) = connect(wire, api="v2", prefix=prefix).runs(PROJECT)
    assert isinstance(run, RunRecord)
    assert run.vendor_url == f"{wire.url}/projects/shop/runs/{RUN}"


def test_the_api_key_of_a_project_is_in_no_record_reject_or_error(
    wire: Wire, clock: Clock
):
    nameless = project_row() | {"id": None}
    wire.serve(log_in(), project_page(project_row(), nameless))
    found = list(connect(wire).projects())
    assert isinstance(found[1], Reject)
    assert found[1].payload["attributes"]["title"] == "Shop"
    assert "pr0ject-k3y" not in repr(found)
    wire.forget()
    cut = b'{"data": [{"id": "shop", "attributes": {"api-key": "tstmt_pr0ject-k3y'
    wire.serve(log_in(), project_page().but(raw=cut))
    with pytest.raises(PayloadError) as raised:
        list(connect(wire).projects())
    assert "shop" in raised.value.answer
    assert "pr0ject-k3y" not in raised.value.answer


# The check


def test_the_check_lists_what_v2_gives(wire: Wire):
    wire.serve(
        log_in(), project_page(project_row()), probe(), probe(path=f"{V2}/milestones")
    )
    report = connect(wire).check()
    assert [(i.label, i.value, i.state) for i in report.items] == [
        ("Address", wire.url, "ok"),
        ("API token", "accepted", "ok"),
        ("Projects", "1", "ok"),
        ("API", "v2", "ok"),
        ("Milestones", "readable", "ok"),
    ]


def test_the_check_shows_the_classic_api_as_one_without_milestones(wire: Wire):
    wire.serve(log_in(**PASSWORD), project_page(project_row()))
    items = connect(wire, secrets=PASSWORD).check().items
    assert [(i.label, i.state) for i in items[-2:]] == [
        ("API", "ok"),
        ("Milestones", "gap"),
    ]


def test_a_project_token_names_its_projects_because_it_cannot_list_them(wire: Wire):
    wire.serve(probe(), probe(path=f"{V2}/milestones", status=404))
    connector = connect(wire, api="v2", projects="shop, ")
    items = {item.label: item for item in connector.check().items}
    assert (items["Projects"].value, items["API"].value) == ("1", "v2")
    assert items["Milestones"].state == "gap"


def test_a_check_of_v2_where_it_is_denied_is_bad(wire: Wire):
    wire.serve(probe(**DENIED))
    items = connect(wire, api="v2", projects="shop").check().items
    assert items[-1].state == "bad"
