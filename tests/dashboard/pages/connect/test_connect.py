"""The connect flow without JavaScript, against simulated tools over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from html import escape

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from dashboard.pages.connect import discovery, form_state, secrets_session
from ingest.connections import vendors
from ingest.models import Connection, Sync, SyncStatus
from ingest.simulator.listener import running
from ingest.simulator.qatech import SimulatedQaTech
from ingest.simulator.server import Simulator
from ingest.simulator.testably import SimulatedTestably
from ingest.simulator.testifly import SimulatedTestifly
from ingest.simulator.testmo import SimulatedTestmo
from ingest.simulator.testomatio import SimulatedTestomatio
from tests import clock
from tests.dashboard.page_reader import form_of, logged_in, person, queue_gone, text_of
from tests.ingest.small_world import run, world

pytestmark = pytest.mark.django_db
WRONG = "testably_ffffffffffffffffffffffffffffffff"
IDS = ["proj_001", "proj_002"]
EMAIL = "mara.lind@example.com"


@pytest.fixture(autouse=True)
def _loopback(settings, empty_redis):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    cache.clear()


@pytest.fixture
def no_queue() -> Iterator[None]:
    with queue_gone():
        yield


class Person:
    """A browser without JavaScript that never may see one of `secrets`."""

    def __init__(self) -> None:
        self.client = logged_in(person(is_superuser=True))
        self.secrets = {WRONG}

    def open(self, address: str) -> str:
        return self._read(self.client.get(address))

    def fill(self, page: str, do: str, **fields) -> str:
        """Press a button of the form; gives the page, or the address led to."""
        form = form_of(page)
        answer = self.client.post(self._action(page), form.fields | fields | {"do": do})
        return answer.url if answer.status_code == 302 else self._read(answer)

    def _action(self, page: str) -> str:
        return page.split('class="form" method="post" action="')[1].split('"')[0]

    def _read(self, answer) -> str:
        assert answer.status_code == 200
        text = text_of(answer)
        for secret in self.secrets:
            assert secret not in text
            assert escape(secret) not in answer.content.decode()
        return text


@pytest.fixture
def mara() -> Person:
    return Person()


def simulated(kind: type[Simulator], vendor: str, projects: int = 1) -> Simulator:
    # Testomat.io names a run's group by its tag.
    runs = [
        [replace(run(number, ["passed"]), tags=("nightly",))]
        for number in range(1, projects + 1)
    ]
    return kind(world(vendor, *runs), relaxed=True)


@pytest.fixture
def testably(mara) -> Iterator[tuple[Simulator, str]]:
    simulator = simulated(SimulatedTestably, "testably", projects=2)
    mara.secrets |= set(simulator.secrets.values())
    with running(simulator) as base_url:
        yield simulator, base_url


@pytest.fixture
def tested(mara, testably) -> str:
    """The page after a test that passed."""
    simulator, base_url = testably
    page = mara.open("/connect/?vendor=testably")
    return mara.fill(page, "test", base_url=base_url, **simulator.secrets)


def can_start(page: str) -> bool:
    return "disabled" not in form_of(page).buttons["start"]


def test_the_first_visit_offers_every_tool_and_starts_nothing_untested(mara):
    page = mara.open("/connect/")
    assert "Connect your first tool" in page
    for vendor in vendors():
        assert f'value="{vendor.name}"' in page
    assert not can_start(page)
    assert "Not tested yet" in page


@pytest.mark.parametrize("vendor", [vendor.name for vendor in vendors()])
def test_every_tool_asks_for_what_its_connector_declares(mara, vendor):
    declared = next(one for one in vendors() if one.name == vendor)
    page = mara.open(f"/connect/?vendor={vendor}")
    for field in declared.fields:
        tag = "select" if field.choices else "input"
        assert f"<{tag} " in page
        assert f'id="f-{field.name}" name="{field.name}"' in page
        for choice in field.choices:
            assert f'<option value="{choice}"' in page


def test_no_connector_names_a_field_like_one_of_the_form():
    names = {field.name for vendor in vendors() for field in vendor.fields}
    assert not names & {
        *form_state.COMMON,
        "vendor",
        "connection",
        "csrfmiddlewaretoken",
    }


def test_a_passing_test_shows_what_was_measured_and_lets_the_import_start(tested):
    assert "Works" in tested
    assert "test took " in tested
    assert "Projects found" in tested
    assert "Product 1" in tested
    assert can_start(tested)
    assert form_of(tested).fields["chosen"] == IDS


def test_the_import_starts_with_what_was_tested_and_stores_the_key_encrypted(
    mara, testably, tested
):
    simulator, base_url = testably
    assert mara.fill(tested, "start", reach="30", interval="7") == "/sync/"
    row = Connection.objects.get()
    assert (row.name, row.vendor, row.base_url) == ("Testably", "testably", base_url)
    assert (row.backfill_days, row.interval_minutes) == (30, 7)
    assert row.project_ids == []
    assert row.secrets == simulator.secrets
    assert simulator.secrets["token"] not in row.credentials
    sync = Sync.objects.get()
    assert (sync.connection, sync.status) == (row, SyncStatus.QUEUED)
    assert secrets_session.KEY not in mara.client.session


def test_everything_is_read_when_no_limit_is_chosen(mara, tested):
    mara.fill(tested, "start", reach="0")
    assert Connection.objects.get().backfill_days is None


def test_the_session_holds_the_key_only_encrypted(testably, tested):
    simulator, _ = testably
    stored = Session.objects.get().get_decoded()
    assert simulator.secrets["token"] not in json.dumps(stored)
    assert (
        stored[secrets_session.KEY]["until"]
        <= clock.now().timestamp() + secrets_session.KEPT_S
    )


def test_only_the_chosen_projects_are_synced(mara, tested):
    mara.fill(tested, "start", chosen=[IDS[1]])
    assert Connection.objects.get().project_ids == [IDS[1]]


def test_no_project_at_all_is_refused(mara, tested):
    page = mara.fill(tested, "start", chosen=[])
    assert "Choose at least one project." in page
    assert not Connection.objects.exists()


def test_a_project_that_the_test_did_not_list_is_never_stored(mara, tested):
    mara.fill(tested, "start", chosen=[IDS[1], "proj_077"])
    assert Connection.objects.get().project_ids == [IDS[1]]


@pytest.mark.parametrize(
    "change",
    [
        {"token": WRONG},
        {"elapsed_unit": "milliseconds"},
        {"base_url": "http://127.0.0.1:1"},
    ],
)
def test_values_that_were_not_tested_start_nothing(mara, tested, change):
    page = mara.fill(tested, "start", **change)
    assert "These values were not tested." in page
    assert not can_start(page)
    assert not Connection.objects.exists()


def test_a_start_without_any_test_is_refused(mara, testably):
    simulator, base_url = testably
    page = mara.open("/connect/?vendor=testably")
    page = mara.fill(page, "start", base_url=base_url, **simulator.secrets)
    assert "These values were not tested." in page
    assert not Connection.objects.exists()


def test_a_test_is_worth_nothing_after_half_an_hour(mara, testably, tested):
    session = mara.client.session
    session[secrets_session.KEY] = {
        **session[secrets_session.KEY],
        "until": clock.now().timestamp() - 1,
    }
    session.save()
    page = mara.fill(tested, "start")
    assert "Enter the API token." in page
    assert not Connection.objects.exists()


def test_another_tool_begins_with_nothing_of_the_one_before(mara, tested):
    page = mara.open("/connect/?vendor=testmo")
    assert "Not tested yet" in page
    assert "ends in" not in page
    assert "Works" in mara.open("/connect/?vendor=testably")


def test_a_refused_key_is_told_at_the_key_with_the_answer(mara, testably):
    _, base_url = testably
    page = mara.open("/connect/?vendor=testably")
    page = mara.fill(page, "test", base_url=base_url, token=WRONG)
    at_the_key = page.split('id="f-token"')[1].split('<div class="field')[0]
    assert "Testably refused the credentials (401)." in at_the_key
    assert "Does not work" in page
    assert "See the answer" in page
    assert "HTTP 401" in page
    assert not can_start(page)


def test_an_answer_that_repeats_the_key_is_shown_without_it(mara, testably):
    simulator, base_url = testably
    simulator.authorise = lambda request: simulator.error(
        403, f"No access with {request.header('authorization')}."
    )
    page = mara.open("/connect/?vendor=testably")
    page = mara.fill(page, "test", base_url=base_url, **simulator.secrets)
    assert "No access with Bearer ***" in page


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://127.0.0.1:1", "Testably broke off"),
        (
            "https://no-such-host.invalid",
            "The host no-such-host.invalid cannot be found",
        ),
        ("not an address", "This is no address that can be used"),
        ("ftp://127.0.0.1", "This is no address that can be used"),
        ("", "Enter the address"),
    ],
)
def test_a_wrong_address_is_told_at_the_address(mara, address, sentence):
    page = mara.open("/connect/?vendor=testably")
    page = mara.fill(page, "test", base_url=address, token=WRONG)
    at_the_address = page.split('id="f-base_url"')[1].split('<div class="field')[0]
    assert sentence in at_the_address
    assert not can_start(page)


def test_a_private_address_is_refused_where_it_is_not_meant(mara, testably, settings):
    settings.ALLOW_PRIVATE_VENDOR_URLS = False
    simulator, base_url = testably
    page = mara.open("/connect/?vendor=testably")
    page = mara.fill(page, "test", base_url=base_url, **simulator.secrets)
    assert "leads into a private network" in page
    assert not simulator.log


def test_a_password_inside_the_address_is_not_printed_back(mara):
    page = mara.open("/connect/?vendor=testably")
    mara.secrets.add("hunter2hunter2")
    page = mara.fill(
        page, "test", base_url="https://mara:hunter2hunter2@127.0.0.1", token=WRONG
    )
    assert "This is no address that can be used" in page


def test_a_web_page_in_place_of_json_is_told_with_the_answer(mara, testably):
    simulator, base_url = testably
    simulator.faults.add("projects", "html")
    page = mara.open("/connect/?vendor=testably")
    page = mara.fill(page, "test", base_url=base_url, **simulator.secrets)
    assert "with a web page in place of JSON" in page
    assert "Please sign in" in page
    assert not can_start(page)


def test_a_tool_that_hangs_does_not_hold_the_page(mara, testably, monkeypatch):
    monkeypatch.setattr(discovery, "PATIENCE_S", 0.3)
    simulator, base_url = testably
    simulator.faults.add("projects", "hang", seconds=3600)
    page = mara.open("/connect/?vendor=testably")
    page = mara.fill(page, "test", base_url=base_url, **simulator.secrets)
    assert not simulator.log, "the page waited until the tool answered"
    assert "Testably did not finish answering" in page


def test_a_key_with_a_line_break_is_refused_before_it_is_sent(mara, testably):
    simulator, base_url = testably
    page = mara.open("/connect/?vendor=testably")
    page = mara.fill(page, "test", base_url=base_url, token=f"{WRONG}\n{WRONG}")
    assert "holds line breaks" in page
    assert not simulator.log


def test_a_gap_is_told_and_does_not_keep_the_import_from_starting(mara):
    simulator = simulated(SimulatedTestmo, "testmo", projects=0)
    mara.secrets |= set(simulator.secrets.values())
    with running(simulator) as base_url:
        page = mara.open("/connect/?vendor=testmo")
        page = mara.fill(page, "test", base_url=base_url, **simulator.secrets)
    assert "Works, 2 gaps" in page
    assert "Testmo leaves a gap" in page
    assert can_start(page)


@pytest.mark.parametrize("name", ["", "x" * 201, "two\nlines"])
def test_a_name_that_cannot_be_shown_is_refused(mara, tested, name):
    page = mara.fill(tested, "start", name=name)
    at_the_name = page.split('id="f-name"')[1].split('<div class="field')[0]
    assert "problem" in at_the_name
    assert not Connection.objects.exists()


def test_a_name_is_given_once_and_a_free_one_is_proposed(mara, testably, tested):
    mara.fill(tested, "start")
    simulator, base_url = testably
    page = mara.open("/connect/?vendor=testably")
    assert "Connect a tool" in page
    assert 'name="name" type="text" value="Testably 2"' in page
    page = mara.fill(
        page, "test", base_url=base_url, name="Testably", **simulator.secrets
    )
    assert "A connection called Testably exists already." in page
    page = mara.fill(page, "start")
    assert "A connection called Testably exists already." in page
    assert mara.fill(page, "start", name="Testably, team B") == "/sync/"
    assert Connection.objects.count() == 2


@pytest.mark.parametrize("minutes", ["0", "-5", "1.5", "soon", "", "10081", "9" * 30])
def test_an_interval_that_is_none_is_refused(mara, tested, minutes):
    page = mara.fill(tested, "start", interval=minutes)
    at_the_field = page.split('id="f-interval"')[1].split('<div class="field')[0]
    assert '<details class="more" open>' in page
    assert "Enter " in at_the_field
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("kind", "vendor"), [(SimulatedQaTech, "qatech"), (SimulatedTestifly, "testifly")]
)
def test_a_tool_without_a_list_of_projects_asks_for_one(mara, kind, vendor):
    simulator = simulated(kind, vendor)
    mara.secrets |= set(simulator.secrets.values())
    with running(simulator) as base_url:
        page = mara.open(f"/connect/?vendor={vendor}")
        page = mara.fill(page, "test", base_url=base_url, **simulator.secrets)
        assert "Enter the project's id" in page
        assert not simulator.log
        (project,) = simulator.connections(base_url)[0]["projects"]
        page = mara.fill(page, "test", project=project)
        assert "Works" in page
        assert mara.fill(page, "start") == "/sync/"
    row = Connection.objects.get()
    assert row.project_ids == [project]
    assert row.settings["project"] == project


def test_an_email_and_password_replace_a_token_that_was_typed_before(mara):
    simulator = simulated(SimulatedTestomatio, "testomatio")
    mara.secrets |= set(simulator.secrets.values())
    with running(simulator) as base_url:
        page = mara.open("/connect/?vendor=testomatio")
        page = mara.fill(page, "test", base_url=base_url, token=WRONG)
        assert "refused the credentials" in page
        page = mara.fill(page, "test", email=EMAIL, password="not-the-word")
        at_the_email = page.split('id="f-email"')[1].split('<div class="field')[0]
        assert "problem" in at_the_email
        assert EMAIL not in page
        page = mara.fill(page, "test", **simulator.secrets)
        assert can_start(page)
        mara.fill(page, "start")
    assert Connection.objects.get().secrets == simulator.secrets


@pytest.fixture
def row(mara, tested) -> Connection:
    mara.fill(tested, "start")
    return Connection.objects.get()


def test_a_stored_connection_opens_without_its_key_and_with_its_name_fixed(mara, row):
    page = mara.open(f"/connect/?connection={row.pk}")
    assert f"ends in {row.secrets['token'][-4:]}" in page
    assert 'id="f-name"' not in page
    assert 'id="f-token" name="token" type="password"' in page
    assert can_start(page)


def test_saving_with_an_empty_key_keeps_the_key(mara, row):
    secrets = row.secrets
    page = mara.open(f"/connect/?connection={row.pk}")
    assert mara.fill(page, "start", interval="15") == "/sync/"
    row.refresh_from_db()
    assert (row.secrets, row.interval_minutes, row.backfill_days) == (secrets, 15, 90)


def test_a_new_key_is_tested_and_then_replaces_the_old_one(mara, row, testably):
    simulator, _ = testably
    token = simulator.secrets["token"]
    row.secrets, row.last_error = {"token": WRONG}, "Testably refused the credentials."
    row.save()
    page = mara.open(f"/connect/?connection={row.pk}")
    page = mara.fill(page, "start", token=token)
    assert "These values were not tested." in page
    page = mara.fill(page, "test")
    assert can_start(page)
    assert mara.fill(page, "start") == "/sync/"
    row.refresh_from_db()
    assert (row.secrets, row.last_error) == ({"token": token}, "")


def test_a_refused_new_key_leaves_the_stored_one_alone(mara, row):
    page = mara.open(f"/connect/?connection={row.pk}")
    page = mara.fill(page, "test", token=WRONG)
    assert "refused the credentials" in page
    assert not can_start(page)
    assert row.secrets["token"] != WRONG


def test_a_stored_key_is_never_sent_to_another_address(mara, row):
    elsewhere = simulated(SimulatedTestably, "testably")
    with running(elsewhere) as base_url:
        page = mara.open(f"/connect/?connection={row.pk}")
        page = mara.fill(page, "test", base_url=base_url)
        assert "The address changed, so enter the API token again" in page
        assert not elsewhere.log


def test_the_chosen_projects_of_a_connection_come_checked(mara, row):
    Connection.objects.update(project_ids=[IDS[1]])
    page = mara.fill(mara.open(f"/connect/?connection={row.pk}"), "test")
    assert form_of(page).fields["chosen"] == [IDS[1]]
    mara.fill(page, "start", chosen=IDS)
    row.refresh_from_db()
    assert row.project_ids == []


def test_saving_without_a_test_keeps_the_chosen_projects(mara, row):
    Connection.objects.update(project_ids=[IDS[1]])
    mara.fill(mara.open(f"/connect/?connection={row.pk}"), "start", interval="9")
    row.refresh_from_db()
    assert (row.project_ids, row.interval_minutes) == ([IDS[1]], 9)


def test_a_connection_whose_key_cannot_be_decrypted_asks_for_a_new_one(mara, row):
    Connection.objects.update(credentials="no-token-of-ours")
    page = mara.open(f"/connect/?connection={row.pk}")
    assert not can_start(page)
    assert "Enter the API token." in mara.fill(page, "test")


@pytest.mark.parametrize("id", ["0", "77", "x", "-1", "9" * 40, ""])
def test_a_connection_that_does_not_exist_is_not_found(mara, id):
    assert mara.client.get(f"/connect/?connection={id}").status_code == 404


def test_the_import_waits_when_the_queue_is_gone(mara, tested, no_queue):
    assert mara.fill(tested, "start") == "/sync/"
    assert Sync.objects.get().status == SyncStatus.QUEUED
    page = mara.open("/connect/?vendor=testmo")
    assert "the queue does not answer. Its import starts by itself" in page


def test_sample_data_is_always_offered(mara):
    page = mara.open("/connect/")
    assert "Look around with sample data" in page
    assert "demo PORT=8001" in mara.open("/connect/?vendor=testmo&sample=1")


def test_a_person_without_log_in_connects_nothing():
    answer = Client().post("/connect/?vendor=testably", {"do": "start"})
    assert answer.status_code == 302
    assert not Connection.objects.exists()
