"""What people choose for a project: its default branch and aliases, with who and when."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache

from dashboard.annotations.projects import CannotChoose, choose_alias
from dashboard.filters import Filters, with_what_counts
from dashboard.models import ConfigurationChoice, ProjectChoice
from dashboard.precomputed.summary import summary
from ingest.models import Configuration
from tests import factories
from tests.dashboard.number_links import count_of, doors, html_of
from tests.dashboard.page_reader import form_of, logged_in, person, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    project = factories.make_project(name="Web shop")
    for branch, letters in (("main", "PPP"), ("main", "PPF"), ("pull/7", "FFF")):
        run = factories.make_run(project, branch=branch, configuration="Chrome 155")
        factories.make_results(run, letters)
    factories.make_run(project, configuration="Chrome 156")
    return project


@pytest.fixture
def mara():
    return logged_in(person("mara"))


def path_of(project, name: str = "") -> str:
    return f"/projects/{project.pk}/settings/{name}"


def name_configuration(project, name: str) -> Configuration:
    return Configuration.objects.get_or_create(project=project, name=name)[0]


def test_the_default_branch_is_chosen_among_the_seen_ones_with_who_and_when(mara, shop):
    page = html_of(mara, path_of(shop))
    assert re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)<', page)[:3] == [
        ("", "All branches"),
        ("main", "main (2 runs)"),
        ("pull/7", "pull/7 (1 run)"),
    ]
    assert "All 4 runs of the last 30 days count" in page
    before = summary(with_what_counts(Filters())).now.results
    form = form_of(page, path_of(shop, "branch/"))
    answer = mara.post(
        path_of(shop, "branch/"), form.fields | {"branch": "main"}, follow=True
    )
    said = text_of(answer)
    assert "Web shop is judged by runs on main alone now." in said
    assert "2 of 4 runs of the last 30 days count, 2 stay out" in said
    assert "1 of them without a branch" in said
    assert "by mara, just now" in said
    choice = ProjectChoice.objects.get(project=shop)
    assert (choice.default_branch, choice.by) == ("main", "mara")
    after = summary(with_what_counts(Filters())).now.results
    assert (before, after) == (9, 6)


def test_all_branches_count_again_when_the_choice_is_taken_back(mara, shop):
    for branch in ("main", ""):
        mara.post(path_of(shop, "branch/"), {"branch": branch})
    assert with_what_counts(Filters()).branches_in_force == ()
    assert "by mara" in html_of(mara, path_of(shop))


def test_figures_are_not_remembered_over_a_choice(mara, shop):
    def failing() -> float:
        html = html_of(mara, f"/projects/{shop.pk}/")
        return next(d.value for d in doors(html) if d.metric == "failing_now")

    cache.clear()
    assert failing() == 3
    mara.post(path_of(shop, "branch/"), {"branch": "main"})
    assert failing() == 1


def test_a_branch_that_no_run_is_on_is_refused_in_words(mara, shop):
    answer = mara.post(path_of(shop, "branch/"), {"branch": "mian"}, follow=True)
    assert "No run of Web shop is on the branch “mian”." in text_of(answer)
    assert not ProjectChoice.objects.exists()


def test_a_configuration_counts_as_another_until_it_stands_for_itself(mara, shop):
    page = html_of(mara, path_of(shop))
    assert page.count(path_of(shop, "alias/")) == 2
    shop.refresh_from_db()
    version = shop.version
    form = {"configuration": "Chrome 156", "alias_of": "Chrome 155"}
    answer = mara.post(path_of(shop, "alias/"), form, follow=True)
    said = text_of(answer)
    assert "Chrome 156 counts as Chrome 155 now." in said
    assert "with Chrome 156" in said
    listed = html_of(mara, f"/runs/?project={shop.pk}&configuration=Chrome+155")
    assert count_of(listed) == 4
    shop.refresh_from_db()
    assert shop.version == version + 1
    assert ConfigurationChoice.objects.get().by == "mara"
    mara.post(path_of(shop, "alias/"), form | {"alias_of": ""})
    assert not Configuration.objects.filter(alias_of__isnull=False).exists()


@pytest.mark.parametrize(
    ("name", "of", "sentence"),
    [
        ("A", "A", "counts as itself already"),
        ("A", "alias of B", "B counts as another one|counts as another one itself"),
        ("B", "A", "alias of B counts as B"),
        ("nowhere", "A", "There is no configuration “nowhere” here"),
        ("A", "nowhere", "There is no configuration “nowhere” here"),
        ("A", "of another project", "There is no configuration"),
    ],
)
def test_chains_of_aliases_and_strangers_are_refused(shop, name, of, sentence):
    name_configuration(shop, "A")
    b = name_configuration(shop, "B")
    alias = name_configuration(shop, "alias of B")
    alias.alias_of = b
    alias.save()
    name_configuration(factories.make_project(), "of another project")
    before = list(Configuration.objects.order_by("pk").values_list("alias_of"))
    with pytest.raises(CannotChoose, match=sentence):
        choose_alias(shop, name, of, by="mara")
    assert list(Configuration.objects.order_by("pk").values_list("alias_of")) == before


def test_readers_see_what_is_set_and_no_form(client, shop, settings):
    settings.PUBLIC_READ = True
    person()
    ProjectChoice.objects.create(project=shop, default_branch="main", by="mara")
    page = html_of(client, path_of(shop))
    assert "Judged by <b>main</b>" in page
    assert "Log in to change anything here." in page
    assert path_of(shop, "branch/") not in page
    for name in ("branch/", "alias/"):
        answer = client.post(path_of(shop, name), {"branch": ""})
        assert answer.headers["Location"].startswith("/login/")
    assert ProjectChoice.objects.get().default_branch == "main"


def test_settings_of_a_project_that_is_not_there_are_not_found(mara):
    assert mara.get("/projects/999999/settings/").status_code == 404
    assert mara.post("/projects/999999/settings/branch/").status_code == 404
    assert mara.get("/projects/1/settings/branch/").status_code == 405


def test_a_project_without_configurations_says_so(mara):
    project = factories.make_project()
    page = html_of(mara, path_of(project))
    assert "No configuration yet" in page
    assert "No run lately." in page


def test_the_project_leads_to_its_settings(mara, shop):
    assert f'href="{path_of(shop)}"' in html_of(mara, f"/projects/{shop.pk}/")
