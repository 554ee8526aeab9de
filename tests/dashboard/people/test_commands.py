"""People, teams and tokens by command: what each option does, and what is refused."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from dashboard.models import Act, ApiToken, Scope, Team, role_of
from dashboard.people.persons import PersonChange, change_person
from dashboard.readers import Role
from tests import factories
from tests.dashboard.page_reader import PASSWORD, person

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def refused(*words: str) -> str:
    with pytest.raises(CommandError) as error:
        run(*words)
    assert error.value.returncode == 2
    return str(error.value)


def test_a_person_is_made_with_a_link_that_sets_a_password_once(client, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://passline.example"]
    run("team", "create", "Web")
    out = run("user", "create", "ada", "--team", "Web", "--email", "ada@example.com")
    origin, link = out.strip()[: len("https://passline.example")], out.strip()[24:]
    assert origin == "https://passline.example"
    ada = User.objects.get(username="ada")
    assert (role_of(ada), ada.email) == (Role.VIEWER, "ada@example.com")
    assert [team.name for team in ada.teams.all()] == ["Web"]
    form = client.get(link, follow=True)
    sent = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    client.post(form.redirect_chain[-1][0], sent)
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
    again = client.get(link, follow=True)
    assert again.status_code == 404
    assert "worked once" in again.content.decode()


def test_an_option_that_is_given_replaces_and_one_that_is_not_stays():
    for name in ("Web", "Mobile"):
        run("team", "create", name)
    run(
        "user",
        "create",
        "ada",
        "--team",
        "Web",
        "--role",
        "editor",
        "--email",
        "a@b.de",
    )

    def now() -> tuple[object, ...]:
        ada = User.objects.get(username="ada")
        return role_of(ada), {team.name for team in ada.teams.all()}, ada.email

    run("user", "set", "ada", "--team", "Mobile")
    assert now() == (Role.EDITOR, {"Mobile"}, "a@b.de")
    run("user", "set", "ada", "--role", "viewer", "--email", "")
    assert now() == (Role.VIEWER, {"Mobile"}, "")
    run("user", "set", "ada", "--no-team")
    assert now() == (Role.VIEWER, set(), "")
    run("user", "set", "ada", "--disable")
    assert "ada\tviewer\tno team\tno e-mail\tnever signed in\tdisabled" in run(
        "user", "list"
    )
    run("user", "set", "ada", "--enable")
    assert "disabled" not in run("user", "list")
    acts = Act.objects.filter(kind="person", name="ada").order_by("pk")
    assert {act.by for act in acts} == {"(command line)"}
    assert [act.after["role"] for act in acts][:3] == ["editor", "editor", "viewer"]


def test_what_is_no_person_or_team_or_address_is_refused_with_a_sentence():
    person("mara", email="mara@example.com")
    assert refused("user", "create", "MARA") == "There is a user 'MARA' already."
    assert "'a b'" in refused("user", "create", "a b")
    assert refused("user", "create", "a", "--team", "Ops") == "There is no team 'Ops'."
    assert "no e-mail" in refused("user", "create", "a", "--email", "nobody")
    assert "Somebody else" in refused(
        "user", "create", "a", "--email", "MARA@example.com"
    )
    assert refused("user", "set", "eve", "--disable") == "There is no user 'eve'."
    assert "not both" in refused("user", "set", "mara", "--no-team", "--team", "Ops")
    assert (
        refused("team", "create", "Web", "--project", "7") == "There is no project 7."
    )
    assert refused("team", "set", "Web") == "There is no team 'Web'."
    assert "1 to 200" in refused("team", "create", "x" * 201)
    assert User.objects.count() == 1
    assert not Team.objects.exists()


def test_the_last_administrator_is_neither_lowered_nor_disabled():
    person("root", Role.ADMIN)
    person("gone", Role.ADMIN, is_active=False)
    for words in (["--role", "editor"], ["--disable"]):
        assert "last administrator" in refused("user", "set", "root", *words)
    assert role_of(User.objects.get(username="root")) is Role.ADMIN
    run("user", "set", "gone", "--enable")
    run("user", "set", "root", "--role", "editor")
    assert "last administrator" in refused("user", "set", "gone", "--disable")


def test_a_team_has_projects_and_may_be_renamed():
    shop = factories.make_project(name="Shop")
    team = run("team", "create", "Web", "--project", str(shop.pk)).strip()
    assert run("team", "list") == f"{team}\tWeb\t0 members\tproject {shop.pk}\n"
    run("team", "set", "Web", "--name", "Front end")
    assert run("team", "list") == f"{team}\tFront end\t0 members\tproject {shop.pk}\n"
    run("team", "set", "Front end", "--no-project")
    assert run("team", "list") == f"{team}\tFront end\t0 members\n"


def test_a_token_stands_alone_on_stdout_and_what_it_lacks_beside_it(capsys):
    person("vera", Role.VIEWER)
    hidden = factories.make_project(name="Secret")
    run("team", "create", "Ops", "--project", str(hidden.pk))
    words = ["--write", "--project", str(hidden.pk), "--expires", "30"]
    call_command("api_token", "create", "vera", *words)
    out, err = capsys.readouterr()
    token = ApiToken.valid(out.strip())
    assert token is not None
    assert out == f"{out.strip()}\n"
    assert "vera is a viewer: the scope intake does nothing" in err
    assert "vera does not see Secret" in err
    assert [token.allows(scope) for scope in (Scope.READ, Scope.INTAKE)] == [
        True,
        False,
    ]
    assert not token.may_push_to(hidden.pk)
    act = Act.objects.filter(kind="token").get()
    assert act.after["scopes"] == ["intake", "read", "start"]
    assert out.strip() not in f"{act.name}{act.after}"
    run("api_token", "revoke", str(token.pk))
    assert ApiToken.valid(out.strip()) is None


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_lower_each_other_one_stays():
    from threading import Barrier, Thread

    from django.db import connection

    from dashboard.people.errors import CannotChange

    two = [person(name, Role.ADMIN) for name in ("ada", "ben")]
    start, failed = Barrier(2), []

    def lower(user: User) -> None:
        start.wait()
        try:
            change_person(user.pk, PersonChange(role=Role.VIEWER), by="other")
        except CannotChange as error:
            failed.append(error.sentence)
        finally:
            connection.close()

    threads = [Thread(target=lower, args=[user]) for user in two]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failed) == 1
    assert User.objects.filter(is_superuser=True, is_active=True).count() == 1
