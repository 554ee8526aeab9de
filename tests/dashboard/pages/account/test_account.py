"""Who gets in: log-in, log-out, the first user, and every page's own guard."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client, override_settings
from django.urls import URLPattern, reverse

from dashboard import first_user, page_urls
from dashboard.models import Act
from ingest.housekeeping import keep_house
from tests import clock
from tests.dashboard.page_reader import PASSWORD, logged_in, person, text_of

pytestmark = pytest.mark.django_db
# Pages that a stranger has to reach.
OPEN = {
    *("login", "logout", "setup", "theme", "forgot", "set-password", "invitation"),
    *("account_login", "mfa_authenticate"),
    *("openid_connect_login", "openid_connect_callback"),
    *("embed", "shared", "shared-page", "shared-picture"),
}
NEW_USER = {
    "username": "mara",
    "email": "mara@example.com",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


@pytest.fixture
def setup_page():
    link = first_user.setup_link("127.0.0.1", 8000)
    yield link.removeprefix("http://127.0.0.1:8000")
    first_user.consume()


def log_in(client, name="mara", password=PASSWORD, **more):
    return client.post("/login/", {"username": name, "password": password, **more})


def test_a_person_logs_in_and_comes_back_to_the_page_asked_for(client):
    person()
    page = client.get("/login/?next=/sync/")
    assert 'name="next" value="/sync/"' in text_of(page)
    answer = log_in(client, next="/sync/")
    assert (answer.status_code, answer.url) == (302, "/sync/")


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_log_in_never_leads_to_another_site(client, elsewhere):
    person()
    assert log_in(client, next=elsewhere).url == "/"


def test_a_wrong_password_is_told_without_saying_which_part_was_wrong(client):
    person()
    wrong_password = text_of(log_in(client, password="wrong"))
    wrong_user = text_of(log_in(client, name="nobody"))
    assert "User and password do not match" in wrong_password
    assert "User and password do not match" in wrong_user
    assert "wrong" not in wrong_password.split("<h1>")[1].replace("field wrong", "")


def test_a_user_who_was_switched_off_does_not_get_in(client):
    person(is_active=False)
    answer = log_in(client)
    assert answer.status_code == 200
    assert "switched off" in text_of(answer)
    assert "_auth_user_id" not in client.session


def test_people_log_in_while_the_cache_is_gone(client, settings):
    person()
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    assert log_in(client).status_code == 302


def test_log_out_is_a_post_and_ends_the_session(client):
    client.force_login(person())
    assert client.get("/logout/").status_code == 405
    assert "You are logged out" in text_of(client.post("/logout/"))
    assert client.get("/connect/").url == "/login/?next=/connect/"


def test_sessions_that_expired_are_cleaned_up_and_others_stay(client):
    client.force_login(person())
    old = Client()
    old.force_login(person("jon"))
    expired = Session.objects.filter(pk=old.session.session_key)
    expired.update(expire_date=clock.now() - timedelta(seconds=1))
    keep_house()
    assert [one.pk for one in Session.objects.all()] == [client.session.session_key]


def test_the_one_time_link_makes_the_first_user_once_and_logs_in(client, setup_page):
    assert "Create the first user" in text_of(client.get(setup_page))
    answer = client.post(setup_page, NEW_USER)
    assert (answer.status_code, answer.url) == (302, "/connect/")
    user = User.objects.get()
    assert (user.is_superuser, user.is_staff, user.email) == (
        True,
        True,
        "mara@example.com",
    )
    made = Act.objects.get(kind="person")
    assert (made.by, made.name, made.after["role"]) == ("mara", "mara", "admin")
    assert client.get("/connect/").status_code == 200
    again = Client().post(setup_page, NEW_USER | {"username": "eve"})
    assert again.status_code == 403
    assert "Log in" in text_of(again)
    assert User.objects.count() == 1


def test_the_link_is_worthless_once_there_is_a_user(client, setup_page):
    person()
    answer = client.post(setup_page, NEW_USER | {"username": "eve"})
    assert answer.status_code == 403
    assert "set up already" in text_of(answer)
    assert not User.objects.filter(username="eve").exists()


def test_a_wrong_link_is_refused_with_what_to_do(client, setup_page):
    answer = client.post("/setup/?token=guess", NEW_USER)
    assert answer.status_code == 403
    assert "restart Passline to see it again" in text_of(answer)
    assert not User.objects.exists()


def test_a_weak_password_is_refused_and_the_link_still_works(client, setup_page):
    weak = NEW_USER | {"password1": "12345678", "password2": "12345678"}
    assert "too common" in text_of(client.post(setup_page, weak))
    assert not User.objects.exists()
    assert client.post(setup_page, NEW_USER).status_code == 302


def test_without_any_user_every_door_leads_to_the_explanation(client):
    for address in ("/login/", "/connect/"):
        assert client.get(address).url == "/setup/"
    answer = client.get("/setup/")
    assert answer.status_code == 403
    assert "one-time link" in text_of(answer)


def routes() -> list[URLPattern]:
    return [
        *{
            one.name: one for one in page_urls.urlpatterns if one.name not in OPEN
        }.values()
    ]


def address_of(route: URLPattern) -> str:
    names = route.pattern.converters
    return reverse(route.name, kwargs=dict.fromkeys(names, 1))


@pytest.mark.parametrize("route", routes(), ids=lambda route: route.name)
def test_a_stranger_is_sent_to_log_in_from_every_page_and_action(client, route):
    person()
    answers = [client.get(address_of(route)), client.post(address_of(route))]
    for answer in answers:
        if answer.status_code != 405:
            assert answer.url.startswith("/login/?next=/")
    assert any(answer.status_code == 302 for answer in answers)


def test_public_read_opens_no_page_that_changes_anything(client, settings):
    settings.PUBLIC_READ = True
    person()
    assert client.get("/connect/").url == "/login/?next=/connect/"
    assert client.post("/sync/all/").url == "/login/?next=/"


def test_a_part_asked_for_by_a_stranger_sends_the_whole_page_to_log_in(client):
    person()
    answer = client.post("/sync/all/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login/?next=/"


@pytest.mark.parametrize(
    "address", ["/login/", "/logout/", "/connect/", "/connect/1/delete/", "/sync/all/"]
)
def test_a_form_from_elsewhere_is_refused(address):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person())
    answer = client.post(address, {"do": "test"})
    assert answer.status_code == 403
    assert "This form is too old" in text_of(answer)


def refused(client: Client, **headers: str) -> str:
    answer = client.post("/login/", headers=headers)
    assert answer.status_code == 403
    return text_of(answer)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://passline.example"},
        {"Origin": "https://passline.example:8443"},
        {"Referer": "https://passline.example/login/?next=/s3cret/"},
    ],
)
def test_a_form_behind_tls_that_nobody_announced_names_origin_and_setting(headers):
    client = Client(enforce_csrf_checks=True)
    # Of a referer Django asks over TLS alone, which a proxy says.
    secure = {"X-Forwarded-Proto": "https", "Host": "localhost"}
    with override_settings(
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")
        if "Referer" in headers
        else None
    ):
        page = refused(client, **headers, **secure)
    origin = headers.get("Origin", "https://passline.example")
    assert f"<b>{origin}</b>" in page
    assert "CSRF_TRUSTED_ORIGINS" in page
    assert "too old" not in page
    assert "s3cret" not in page


@pytest.mark.parametrize("origin", ["null", "https://[", "x" * 5000, "<script>"])
def test_an_origin_that_is_none_is_not_printed(origin):
    page = refused(Client(enforce_csrf_checks=True), Origin=origin)
    assert "a page that the browser does not name" in page
    assert "x" * 400 not in page
    assert "<script>" not in page


def test_over_http_a_form_without_its_cookie_says_that_https_is_expected(settings):
    settings.BEHIND_TLS = True
    page = refused(Client(enforce_csrf_checks=True))
    assert "over https alone" in page
    assert "too old" not in page


def test_the_theme_is_kept_in_a_cookie_without_javascript():
    client = logged_in(person(is_superuser=True))
    page = text_of(client.get("/connect/?vendor=testably"))
    assert "/theme/?to=light&next=%2Fconnect%2F%3Fvendor%3Dtestably" in page
    answer = client.get("/theme/?to=dark&next=/connect/?vendor=testably")
    assert answer.url == "/connect/?vendor=testably"
    page = text_of(client.get("/connect/"))
    assert '<html lang="en" data-theme="dark">' in page
    assert 'data-theme="light"' in text_of(client.get("/connect/?theme=light"))
    client.get("/theme/?to=&next=/connect/")
    assert "data-theme=" not in text_of(client.get("/connect/")).split(">")[1]


def test_the_theme_switch_leads_to_no_other_site(client):
    assert client.get("/theme/?to=dark&next=//evil.example").url == "/"


def test_an_unknown_address_has_a_page_of_its_own_in_the_theme(client):
    client.cookies["theme"] = "dark"
    answer = client.get("/no-such-page/")
    assert answer.status_code == 404
    assert "Nothing at this address" in text_of(answer)
    assert 'data-theme="dark"' in text_of(answer)


def test_a_host_that_is_not_ours_gets_a_page_that_says_so(client):
    answer = client.get("/login/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "ALLOWED_HOSTS" in text_of(answer)
