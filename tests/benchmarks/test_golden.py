"""A recording says of the data what its people may say, through forms that are there."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from benchmarks.golden import world
from benchmarks.golden.addresses import Examples, patterns
from benchmarks.golden.asking import Recorder
from benchmarks.golden.record import form_of
from benchmarks.golden.said import SAYINGS
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def examples(empty_redis, settings):
    for name in ("Shop", "Portal"):
        project = factories.make_project(name=name)
        factories.make_milestone(project, f"{name} 26.11")
        for browser in ("Chrome", "Firefox"):
            run = factories.make_run(project, configuration=browser)
            factories.make_results(run, "PPF", cases=["pays", "logs in", "ships"])
    world.make_people()
    return Examples()


def test_each_form_that_is_sent_stands_on_its_page(examples, tmp_path):
    recorder = Recorder(tmp_path)
    recorder.sign_in({user.username: user for user in User.objects.all()})
    assert {saying.by for saying in SAYINGS} == {"mara", "otto"}
    for saying in SAYINGS:
        form_of(recorder, saying, saying.page.format(**examples.ids))


def test_each_route_has_an_example(examples):
    for pattern in patterns():
        assert examples.paths(pattern)[0].startswith("/"), pattern
