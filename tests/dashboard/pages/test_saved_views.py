"""Saved views: kept, opened, changed and shown to those who may see them."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from dashboard.annotations.saved_views import MOST_VIEWS
from dashboard.models import DefaultScope, SavedView, Team
from dashboard.readers import Role
from ingest.models import Case
from tests.dashboard.number_links import html_of, words_of
from tests.dashboard.page_reader import form_of, logged_in, person, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def payments(world):
    return Team.objects.create(name="Payments")


@pytest.fixture
def mara(world, payments):
    """An editor of the team."""
    user = person("mara")
    payments.members.add(user)
    return logged_in(user)


@pytest.fixture
def vic(payments):
    """A viewer of the team."""
    user = person("vic", Role.VIEWER)
    payments.members.add(user)
    return logged_in(user)


@pytest.fixture
def noor(world):
    """An editor of no team."""
    return logged_in(person("noor"))


def save(client, address: str, name: str, **more: str):
    """As the form in the filter bar of the page does."""
    form = form_of(html_of(client, address), "/me/views/")
    sent = form.fields | {"name": name} | more
    return client.post("/me/views/", sent)


def listed(client, path: str = "/sync/") -> dict[str, str]:
    """Name and address of the views in the sidebar."""
    page = LexborHTMLParser(html_of(client, path))
    side = page.css("aside.side a.nav.view")
    return {link.css_first(".t").text(): link.attrs["href"] for link in side}


def view() -> SavedView:
    return SavedView.objects.get()


def test_a_page_is_kept_with_its_filters_and_its_times_stay_relative(vic, world):
    shop = world.shop.pk
    address = f"/runs/?status=failed&window=14d&project={shop}&sort=-duration_ms"
    answer = save(vic, address, "  Shop,\n failed  ")
    canonical = f"/runs/?project={shop}&status=failed&window=14d&sort=-duration_ms"
    assert answer.headers["Location"] == canonical
    assert "Shop, failed is saved." in text_of(vic.get(canonical))
    assert listed(vic) == {"Shop, failed": canonical}
    page = LexborHTMLParser(html_of(vic, canonical))
    assert page.css_first("a.nav.view[aria-current=page]").attrs["href"] == canonical
    managed = words_of(html_of(vic, "/me/"), " ")
    assert "Runs: Project Web shop, status failed, window 14d" in managed


def test_pages_of_any_kind_can_be_kept_and_found_in_the_palette(mara):
    pages = {
        "/": "Overview",
        "/flaky/?state=settled": "Flaky tests",
        "/standup/": "Stand-up",
    }
    for path in pages:
        save(mara, path, f"Look at {path[1:]}")
    assert list(listed(mara).values()) == list(pages)
    html = html_of(mara, "/search/palette/?q=AT+look", **{"HX-Request": "true"})
    rows = LexborHTMLParser(html).css_first("[role=group]").css("[role=option]")
    found = {row.attrs["href"]: row.css_first(".sec").text() for row in rows}
    assert found == pages


def test_a_name_is_text_of_one_line_that_one_can_see(mara, vic):
    for name in ("<b>Shop</b>", "'; DROP TABLE x; --", "🚀" * 200, "{{ shell.user }}"):
        save(mara, "/runs/", name)
        assert name in listed(mara)
    assert "<b>Shop</b>" not in html_of(mara, "/sync/")
    save(mara, "/runs/", "evil \u202egnp.exe\0\u2066")
    assert "evil gnp.exe" in listed(mara)
    number = SavedView.objects.count()
    for name in ("", " \t\n", "\u200b\u200d", "\u202e", "👩‍👩‍👧‍👦" * 200):
        answer = save(mara, "/runs/?window=7d", name)
        said = words_of(text_of(answer), " ")
        assert "Give the view a name." in said or "200 letters at most" in said
        # The form comes back for the same page.
        assert form_of(text_of(answer), "/me/views/").fields["address"] == (
            "/runs/?window=7d"
        )
    assert SavedView.objects.count() == number


def test_a_name_that_exists_is_told_and_can_be_replaced(mara):
    save(mara, "/runs/", "Nightly Ä")
    answer = save(mara, "/flaky/", "nightly ä")
    assert answer.status_code == 409
    assert "There is a view “Nightly Ä” already" in text_of(answer)
    form = form_of(text_of(answer), "/me/views/").fields
    assert (form["name"], view().path) == ("nightly ä", "/runs/")
    mara.post("/me/views/", form | {"replace": "1"})
    assert (view().name, view().path) == ("nightly ä", "/flaky/")
    # To each their own names.
    save(mara, "/runs/", "nightly ä", owner=f"team-{Team.objects.get().pk}")
    assert SavedView.objects.count() == 2


NOT_TO_BE_KEPT = (
    "",
    "/admin/",
    "/api/v1/runs/",
    "/sync/",
    "/me/",
    "/projects/999999/",
    "/cases/999999999999999999999/",
    "//evil.example/runs/",
    "https://evil.example/runs/",
    "/\\evil.example/runs/",
    "javascript:alert(1)",
    "/runs/../admin/",
    "/nowhere/",
    "runs/",
    "/runs/?q=" + "x" * 5000,
)


def test_only_our_pages_with_filters_can_be_kept(mara):
    for address in NOT_TO_BE_KEPT:
        sent = {"name": "x", "owner": "me", "address": address}
        answer = mara.post("/me/views/", sent)
        assert "Only pages with filters can be saved" in text_of(answer), address
    assert not SavedView.objects.exists()


def test_what_a_page_does_not_understand_is_not_kept(mara, world):
    odd = "/runs/?odd=1&project=99999&status=sad&window=7d&cursor=x&theme=dark"
    mara.post("/me/views/", {"name": "x", "owner": "me", "address": odd})
    assert (view().path, view().query) == ("/runs/", "window=7d")


def test_a_team_s_views_are_written_by_its_editors_and_seen_by_its_members(
    mara, vic, noor, payments, client, settings
):
    owner = f"team-{payments.pk}"
    save(mara, "/runs/", "Ours", owner=owner)
    for reader, names in ((mara, {"Ours"}), (vic, {"Ours"}), (noor, set())):
        assert set(listed(reader)) == names
    settings.PUBLIC_READ = True
    assert listed(client) == {}
    assert not LexborHTMLParser(html_of(client, "/runs/")).css("#pick-save")
    # What is not theirs to change answers as what does not exist.
    pk, before = view().pk, view().name
    for reader in (vic, noor):
        refused = save(reader, "/flaky/", "Mine too", owner=owner)
        assert "You cannot save views for this team" in text_of(refused)
        for act in ("rename", "move", "delete"):
            sent = {"name": "Theirs", "to": "up"}
            assert reader.post(f"/me/views/{pk}/{act}/", sent).status_code == 404
    assert noor.get(f"/me/views/{pk}/").status_code == 404
    assert vic.get(f"/me/views/{pk}/").headers["Location"] == "/runs/"
    assert (view().name, SavedView.objects.count()) == (before, 1)
    ada = logged_in(person("ada", is_superuser=True))
    assert "Ours" in html_of(ada, "/me/")
    ada.post(f"/me/views/{pk}/rename/", {"name": "Renamed"})
    assert set(listed(vic)) == {"Renamed"}


def test_nobody_sees_or_changes_another_person_s_views(mara, noor, payments):
    save(mara, "/runs/", "Private")
    pk = view().pk
    ada = logged_in(person("ada", is_superuser=True))
    for reader in (noor, ada):
        assert "Private" not in html_of(reader, "/me/")
        assert reader.get(f"/me/views/{pk}/").status_code == 404
        assert reader.post(f"/me/views/{pk}/delete/").status_code == 404
    assert SavedView.objects.count() == 1


def test_views_are_renamed_moved_and_deleted(mara):
    for name in ("one", "two", "three"):
        save(mara, "/runs/", name)
    ids = dict(SavedView.objects.values_list("name", "pk"))
    mara.post(f"/me/views/{ids['three']}/move/", {"to": "up"})
    assert list(listed(mara)) == ["one", "three", "two"]
    for _ in range(3):
        mara.post(f"/me/views/{ids['one']}/move/", {"to": "down"})
    assert list(listed(mara)) == ["three", "two", "one"]
    taken = mara.post(f"/me/views/{ids['one']}/rename/", {"name": "TWO"}, follow=True)
    assert "There is a view “two” already" in text_of(taken)
    mara.post(f"/me/views/{ids['one']}/rename/", {"name": "ONE"})
    gone = mara.post(f"/me/views/{ids['two']}/delete/", follow=True)
    assert "two is deleted." in text_of(gone)
    assert list(listed(mara)) == ["three", "ONE"]
    again = mara.post(f"/me/views/{ids['two']}/delete/")
    assert again.status_code == 404


def test_a_view_of_a_project_that_is_hidden_opens_and_names_nothing(
    mara, noor, world, payments
):
    shop, core = world.shop.pk, world.core.pk
    save(noor, f"/runs/?project={shop}&project={core}", "Two")
    save(noor, f"/projects/{shop}/?window=7d", "One")
    save(noor, f"/cases/{Case.objects.get(name='case 1').pk}/", "A test")
    payments.projects.add(world.shop)
    both = listed(noor)["Two"]
    html = html_of(noor, both)
    assert f"project was left out. There is no project “{shop}”." in words_of(html)
    for name in ("One", "A test"):
        html = html_of(noor, listed(noor)[name])
        assert "What this view shows is not here" in html
        assert "Web shop" not in html
        assert "case 1" not in html
    assert "Web shop" not in html_of(noor, "/me/")
    # Its members still open all of it.
    save(mara, f"/projects/{shop}/?window=7d", "One")
    opened = mara.get(listed(mara)["One"])
    assert opened.headers["Location"] == f"/projects/{shop}/?window=7d"


def test_a_view_of_all_projects_is_of_all_to_somebody_who_starts_with_some(
    mara, world, payments
):
    save(mara, "/flaky/", "All flaky", owner=f"team-{payments.pk}")
    assert listed(mara) == {"All flaky": "/flaky/"}
    user = payments.members.get()
    DefaultScope.objects.create(user=user).projects.set([world.core])
    assert listed(mara) == {"All flaky": "/flaky/?project=all"}
    save(mara, "/flaky/", "Core flaky")
    assert listed(mara)["Core flaky"] == f"/flaky/?project={world.core.pk}"


def test_there_is_a_bound_and_the_sidebar_shows_the_first_ones(mara, payments):
    user = payments.members.get()
    SavedView.objects.bulk_create(
        SavedView(user=user, name=f"view {n}", path="/runs/", place=n)
        for n in range(MOST_VIEWS)
    )
    refused = save(mara, "/runs/", "one more")
    assert "Delete one that nobody uses" in text_of(refused)
    assert list(listed(mara)) == [*(f"view {n}" for n in range(12)), "88 more views"]


def test_the_projects_that_one_starts_with_are_chosen_on_one_s_own_page(
    mara, noor, world, payments
):
    form = form_of(html_of(mara, "/me/"), "/me/scope/")
    assert form.fields["way"] == "all"
    chosen = {"way": "chosen", "project": [world.core.pk, 999_999, "²"]}
    answer = mara.post("/me/scope/", chosen, follow=True)
    assert "Pages start with the projects that you chose." in text_of(answer)
    assert set(DefaultScope.objects.get().projects.all()) == {world.core}
    form = form_of(html_of(mara, "/me/"), "/me/scope/")
    assert form.fields["project"] == [str(world.core.pk)]
    none = mara.post("/me/scope/", {"way": "chosen"})
    assert "Choose a project" in text_of(none)
    many = mara.post("/me/scope/", {"way": "chosen", "project": range(1, 200)})
    assert "Choose 100 projects at most" in text_of(many)
    mara.post("/me/scope/", {"way": "teams"})
    assert DefaultScope.objects.get().is_of_teams
    assert not DefaultScope.objects.get().projects.exists()
    mara.post("/me/scope/", {"way": "all"})
    assert not DefaultScope.objects.exists()
    # An id of a project that is hidden is not kept: it would be a project's one day.
    payments.projects.add(world.shop)
    noor.post("/me/scope/", {"way": "chosen", "project": [world.shop.pk]})
    assert not DefaultScope.projects.through.objects.exists()


def test_strangers_have_none_of_it(client, settings, mara):
    settings.PUBLIC_READ = True
    for path in ("/me/", "/me/views/1/"):
        assert client.get(path).headers["Location"].startswith("/login/?next=/me/")
    for path in ("/me/scope/", "/me/views/", "/me/views/1/delete/"):
        assert client.post(path).headers["Location"].startswith("/login/")
        assert mara.get(path).status_code == 405
