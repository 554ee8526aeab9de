"""The pages about people: invitations, rights, teams, tokens, one's own settings."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from dashboard.models import Act, ApiToken, Invitation, Team, role_of
from dashboard.people.invitations import invite
from dashboard.readers import Role
from tests import clock, factories
from tests.dashboard.page_reader import PASSWORD, logged_in, person, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def admin() -> Client:
    return logged_in(person("root", Role.ADMIN))


def shown_once(answer: Any) -> str:
    return re.search(r'id="once"[^>]*>([^<]+)<', text_of(answer))[1]


def joining(name: str = "ada") -> dict[str, str]:
    return {"username": name, "password1": PASSWORD, "password2": PASSWORD}


def test_an_invitation_makes_one_person_with_its_role_and_teams(admin, client):
    web = Team.objects.create(name="Web")
    asked = {"role": "editor", "team": [web.pk], "days": "7", "email": ""}
    link = shown_once(admin.post("/people/invite/", asked))
    path = link.removeprefix("http://testserver")
    assert link not in text_of(admin.get("/people/"))
    assert "an editor of Web" in re.sub(r"\s+", " ", text_of(client.get(path)))
    weak = client.post(path, joining() | {"password1": "1", "password2": "1"})
    assert weak.status_code == 200
    answer = client.post(path, joining())
    assert (answer.status_code, answer.url) == (302, "/")
    ada = User.objects.get(username="ada")
    assert client.session["_auth_user_id"] == str(ada.pk)
    assert (role_of(ada), list(ada.teams.all())) == (Role.EDITOR, [web])
    again = Client().post(path, joining("eve"))
    assert again.status_code == 404
    assert "was used already" in text_of(again)
    assert not User.objects.filter(username="eve").exists()
    assert "used by ada" in text_of(admin.get("/people/"))
    token = path.split("/")[2]
    assert token not in str(
        list(Act.objects.values()) + list(Invitation.objects.values())
    )


def test_an_invitation_that_expired_was_taken_back_or_forged_makes_nobody(admin):
    old, old_path = invite(email="", role=Role.VIEWER, teams=[], days=1, by="root")
    Invitation.objects.filter(pk=old.pk).update(expires_at=clock.now())
    row, path = invite(email="", role=Role.ADMIN, teams=[], days=1, by="root")
    admin.post(f"/people/invitations/{row.pk}/take-back/")
    admin.post(f"/people/invitations/{row.pk}/take-back/")
    for one, why in (
        (old_path, "has expired"),
        (path, "was taken back"),
        (path[:-9] + "/", "no such invitation"),
        ("/invitation/x/", "no such invitation"),
    ):
        for answer in (Client().get(one), Client().post(one, joining())):
            assert answer.status_code == 404
            assert why in text_of(answer)
    assert User.objects.count() == 1
    assert Act.objects.filter(kind="invitation", after={}).count() == 1


def test_a_name_that_is_taken_leaves_the_invitation_open(client):
    person("ada")
    row, path = invite(email="", role=Role.VIEWER, teams=[], days=1, by="root")
    assert "already" in text_of(client.post(path, joining("ADA")))
    row.refresh_from_db()
    assert row.holds
    assert client.post(path, joining("ben")).status_code == 302


def test_an_invitation_goes_by_mail_where_mail_is_set_up(admin, settings):
    settings.MAIL_IS_SENT = True
    asked = {"role": "viewer", "days": "7", "email": "ada@example.com"}
    answer = admin.post("/people/invite/", asked)
    assert (answer.status_code, answer.url) == (302, "/people/")
    (sent,) = mail.outbox
    assert sent.to == ["ada@example.com"]
    path = re.search(r"http://testserver(/invitation/\S+)", sent.body)[1]
    assert Client().get(path).status_code == 200
    for wrong in (
        {"email": "nobody"},
        {"role": "owner"},
        {"days": "900"},
        {"team": "x"},
        {"team": "999"},
    ):
        assert admin.post("/people/invite/", asked | wrong).status_code == 422
    assert Invitation.objects.count() == 1


def test_the_last_administrator_stays_one_on_the_pages_too(admin):
    root = User.objects.get()
    for sent in ({"role": "viewer"}, {"active": "0"}):
        answer = admin.post(f"/people/{root.pk}/set/", sent)
        assert answer.status_code == 409
        assert "last administrator" in text_of(answer)
    other = person("ada", Role.VIEWER)
    sent = {"role": "admin", "email": "ada@example.com", "full_name": HOSTILE}
    assert admin.post(f"/people/{other.pk}/set/", sent).status_code == 302
    assert admin.post(f"/people/{root.pk}/set/", {"role": "editor"}).url == "/account/"
    assert admin.get("/people/").status_code == 403
    page = logged_in(User.objects.get(username="ada")).get("/people/")
    assert HOSTILE not in page.content.decode()
    assert HOSTILE in text_of(page)


def version(page: Any, form: str) -> str:
    """What a form was opened with."""
    field = f"form[action='{form}'] [name=expected_version]"
    (one,) = LexborHTMLParser(page.content.decode()).css(field)
    return str(one.attributes["value"])


def test_a_form_that_was_opened_before_a_change_undoes_nothing(admin):
    shop, web = factories.make_project(name="Shop"), Team.objects.create(name="Web")
    ada = person("ada", Role.EDITOR)
    forms = {
        f"/people/{ada.pk}/set/": (f"/people/{ada.pk}/", {"role": "editor"}),
        f"/teams/{web.pk}/": (f"/teams/{web.pk}/", {"name": "Web"}),
        f"/projects/{shop.pk}/settings/teams/": (f"/projects/{shop.pk}/settings/", {}),
    }
    opened = {form: version(admin.get(page), form) for form, (page, _) in forms.items()}
    # Somebody else gives the team a member and a project meanwhile.
    web.members.add(ada)
    web.projects.add(shop)
    for form, (page, fields) in forms.items():
        stale = admin.post(form, fields | {"expected_version": opened[form]})
        assert (form, stale.status_code) == (form, 409)
        assert "was changed since you opened this page" in text_of(stale)
        assert (list(web.members.all()), list(web.projects.all())) == ([ada], [shop])
        fresh = fields | {"expected_version": version(admin.get(page), form)}
        if "people" in form:
            fresh["team"] = [web.pk]
        if "teams/" in form and "projects" not in form:
            fresh |= {"member": [ada.pk], "project": [shop.pk]}
        assert (form, admin.post(form, fresh).status_code) == (form, 302)


def test_invitations_and_sessions_end_with_the_rights_of_whoever_had_them(admin):
    boss = person("boss", Role.ADMIN)
    browser = Client()
    browser.post("/login/", {"username": "boss", "password": PASSWORD})
    asked = {"email": "", "role": "admin", "days": "7"}
    links = [shown_once(browser.post("/people/invite/", asked)) for _ in range(2)]
    kept = shown_once(admin.post("/people/invite/", asked))
    paths = [link.removeprefix("http://testserver") for link in (*links, kept)]
    admin.post(f"/people/{boss.pk}/set/", {"role": "editor"})
    told = [Client().get(path) for path in paths]
    assert [one.status_code for one in told] == [404, 404, 200]
    assert "taken back" in text_of(told[0])
    taken = Act.objects.filter(kind="invitation", after={})
    assert [act.by for act in taken] == ["root", "root"]
    admin.post(f"/people/{boss.pk}/set/", {"active": "0"})
    admin.post(f"/people/{boss.pk}/set/", {"active": "1"})
    assert browser.get("/account/").url == "/login/?next=/account/"


def test_editors_and_viewers_see_their_own_settings_alone(admin):
    token, _ = ApiToken.issue(User.objects.get().pk)
    for role in (Role.VIEWER, Role.EDITOR):
        client = logged_in(person(str(role), role))
        own = client.get("/account/")
        assert own.status_code == 200
        assert "/people/" not in text_of(own)
        for path in ("people/", "people/tokens/", "people/1/", "teams/", "audit/"):
            assert client.get(f"/{path}").status_code == 403
        assert client.post("/people/invite/", {"role": "admin"}).status_code == 403
        assert client.post(f"/account/tokens/{token.pk}/revoke/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_a_token_is_shown_once_and_says_what_it_cannot_do(admin):
    shop, hidden = (factories.make_project(name=name) for name in ("Shop", "Secret"))
    Team.objects.create(name="Ops").projects.add(hidden)
    vera = person("vera", Role.VIEWER)
    client = logged_in(vera)
    page = text_of(client.get("/account/"))
    assert "Shop" in page
    assert "Secret" not in page
    asked = {"scope": ["read", "intake"], "project": [shop.pk], "days": "30"}
    answer = client.post("/account/tokens/", asked)
    text = shown_once(answer)
    assert "vera is a viewer: the scope intake does nothing" in text_of(answer)
    token = ApiToken.valid(text)
    assert token is not None
    assert token.project_ids == {shop.pk}
    assert token.expires_at - clock.now() < timedelta(days=31)
    assert text not in text_of(client.get("/account/"))
    for wrong in (
        {"scope": []},
        {"scope": ["root"]},
        {"days": "99999"},
        {"project": [hidden.pk]},
        {"project": ["x"]},
    ):
        refused = client.post("/account/tokens/", asked | wrong)
        assert refused.status_code == 422
    assert ApiToken.objects.count() == 1
    assert "vera" in text_of(admin.get("/people/tokens/"))
    assert admin.post(f"/account/tokens/{token.pk}/revoke/").url == "/people/tokens/"
    assert ApiToken.valid(text) is None
    assert "revoked" in text_of(client.get("/account/"))


def test_teams_are_made_changed_and_deleted_with_what_it_does_to_projects(admin):
    shop = factories.make_project(name="Shop")
    ada = person("ada", Role.VIEWER)
    team_page = admin.post("/teams/", {"name": "Web"}).url
    assert "already" in text_of(admin.post("/teams/", {"name": "Web"}))
    sent = {"name": "Web", "member": [ada.pk], "project": [shop.pk]}
    assert admin.post(team_page, sent).status_code == 302
    assert (
        logged_in(person("ben", Role.EDITOR)).get(f"/projects/{shop.pk}/").status_code
        == 404
    )
    assert logged_in(ada).get(f"/projects/{shop.pk}/").status_code == 200
    page = re.sub(r"\s+", " ", text_of(admin.get(team_page)))
    assert "1 project of no other team: everybody who is signed in sees it" in page
    for wrong in ({"name": ""}, {"member": ["x"]}, {"project": ["999"]}):
        assert admin.post(team_page, sent | wrong).status_code == 422
    assert admin.post(f"{team_page}delete/", {"confirm": "web"}).status_code == 422
    assert admin.post(f"{team_page}delete/", {"confirm": "Web"}).url == "/teams/"
    assert not Team.objects.exists()
    acts = Act.objects.filter(kind="team").order_by("pk")
    assert [bool(act.before) for act in acts] == [False, True, True]
    assert acts.last().before["members"] == ["ada"]


def test_a_projects_settings_say_and_choose_who_sees_it(admin, settings):
    shop, web = factories.make_project(name="Shop"), Team.objects.create(name="Web")
    path = f"/projects/{shop.pk}/settings/"
    ben = logged_in(person("ben", Role.EDITOR))
    assert "Everybody who is signed in, because" in text_of(ben.get(path))
    settings.PUBLIC_READ = True
    assert "Everybody who is signed in and every stranger" in text_of(ben.get(path))
    settings.PUBLIC_READ = False
    assert ben.post(f"{path}teams/", {"team": [web.pk]}).status_code == 403
    assert admin.post(f"{path}teams/", {"team": ["x"]}).status_code == 302
    assert not shop.teams.exists()
    admin.post(f"{path}teams/", {"team": [web.pk]})
    assert ben.get(path).status_code == 404
    assert "<b>Web</b>" in text_of(admin.get(path))
    act = Act.objects.get(kind="visibility")
    assert (act.project_id, act.after) == (shop.pk, {"teams": ["Web"]})


def test_ones_own_name_password_and_sessions_are_ones_own_to_change():
    ada = person("ada", email="ada@example.com")
    client, other = Client(), Client(headers={"User-Agent": "X11; Linux Firefox/1"})
    for one in (client, other):
        one.post("/login/", {"username": "ada", "password": PASSWORD})
    page = text_of(client.get("/account/"))
    assert "Firefox on Linux" in page
    assert "this one" in page
    person("ben", email="ben@example.com")
    asked = client.post("/account/profile/", {"email": "BEN@example.com"})
    assert asked.url == "/account/confirm/?next=/account/"
    assert client.post(asked.url, {"password": PASSWORD}).url == "/account/"
    taken = client.post("/account/profile/", {"email": "BEN@example.com"})
    assert taken.status_code == 422
    client.post("/account/profile/", {"email": "a@b.de", "full_name": "Ada L"})
    ada.refresh_from_db()
    assert (ada.email, ada.get_full_name()) == ("a@b.de", "Ada L")
    ended = re.search(r"/account/sessions/\d+/end/", page)[0]
    assert logged_in(User.objects.get(username="ben")).post(ended).status_code == 404
    client.post(ended)
    assert other.get("/account/").url == "/login/?next=/account/"
    new = {"old": PASSWORD, "new": "quite another word", "again": "quite another word"}
    for wrong in ({"old": "wrong"}, {"again": "x"}, {"new": "1", "again": "1"}):
        assert client.post("/account/password/", new | wrong).status_code == 422
    other.post("/login/", {"username": "ada", "password": PASSWORD})
    assert client.post("/account/password/", new).url == "/account/"
    assert client.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302
    told = str(list(Act.objects.values_list("before", "after", "name")))
    assert PASSWORD not in told
    assert "quite another" not in told


def test_a_new_password_comes_by_mail_to_whoever_is_a_user(client, settings):
    from dashboard.people.mail import mail_password_link

    person("ada", email="ada@example.com")
    person("gone", email="gone@example.com", is_active=False)
    through_the_provider = person("pia", email="pia@example.com")
    through_the_provider.set_unusable_password()
    through_the_provider.save()
    assert "administrator" in text_of(client.get("/forgot/"))
    assert client.post("/forgot/", {"email": "ada@example.com"}).status_code == 200
    settings.MAIL_IS_SENT = True
    said = {
        re.sub("csrf.*", "", text_of(client.post("/forgot/", {"email": address})))
        for address in ("ada@example.com", "nobody@example.com", "gone@example.com")
    }
    assert len(said) == 1
    # What a worker does with each of them.
    for name in ("ADA", "nobody", "gone", "pia"):
        address = f"{name}@example.com"
        mail_password_link(address, "https://passline.example")
    (sent,) = mail.outbox
    path = re.search(r"https://passline.example(/set-password/\S+)", sent.body)[1]
    form = client.get(path)
    assert form.url.endswith("/set-password/")
    sent_form = {
        "new_password1": "quite another word",
        "new_password2": "quite another word",
    }
    assert client.post(form.url, sent_form).url == "/login/"
    ada = User.objects.get(username="ada")
    assert ada.check_password("quite another word")
    assert Client().get(path).status_code == 404
    # No one is signed in by a link: the second factor is still asked for.
    assert "_auth_user_id" not in client.session
    limits = [
        client.post("/forgot/", {"email": "a@b.de"}).status_code for _ in range(12)
    ]
    assert limits[-1] == 429


def test_an_administrator_makes_a_link_for_a_password(admin):
    ada = person("ada")
    link = shown_once(admin.post(f"/people/{ada.pk}/link/"))
    assert link.startswith("http://testserver/set-password/")
    ada.is_active = False
    ada.save()
    assert Client().get(link.removeprefix("http://testserver")).status_code == 404
    act = Act.objects.get(kind="password")
    assert (act.by, act.name) == ("root", "ada")
    assert link.split("/")[-2] not in str(act.after)


def test_the_site_administration_changes_no_person_and_leaves_a_trace(admin):
    for path in (
        "auth/user/",
        "auth/group/",
        "mfa/authenticator/",
        "account/emailaddress/",
    ):
        assert admin.get(f"/admin/{path}").status_code == 404
    row = factories.make_connection(name="Shop")
    page = f"/admin/ingest/connection/{row.pk}/change/"
    fields = {
        "name": "Shop 2",
        "settings": "{}",
        "project_ids": "[]",
        "status_map": "{}",
        "interval_minutes": "5",
    }
    assert admin.post(page, fields).status_code == 302
    act = Act.objects.get(kind="site_admin")
    assert (act.by, act.about) == ("root", row.pk)
    assert "Shop 2" in act.name
