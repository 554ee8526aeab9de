"""How often a password may be guessed, by whom, and that nobody locks others out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from dashboard import throttle
from dashboard.models import GuessCount
from ingest.housekeeping import keep_house
from tests import clock
from tests.dashboard.page_reader import PASSWORD, logged_in, person, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def proxied(settings):
    """One proxy stands in front, as CSRF_TRUSTED_ORIGINS with https says."""
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}


def at(address: str) -> Client:
    return Client(headers={"X-Forwarded-For": address})


def guess(client: Client, password: str = "guess", name: str = "mara", to="/login/"):
    return client.post(to, {"username": name, "password": password}).status_code


def guesses(client: Client, number: int, **more) -> list[int]:
    return [guess(client, **more) for _ in range(number)]


def test_after_ten_guesses_even_the_right_password_waits_and_others_do_not(client):
    person()
    person("jon")
    assert guesses(client, throttle.TRIES) == [200] * 10
    answer = client.post("/login/", {"username": " MARA ", "password": PASSWORD})
    assert answer.status_code == 429
    assert 290 < int(answer.headers["Retry-After"]) <= 300
    assert "Wait 5 minutes" in text_of(answer)
    assert guess(client, PASSWORD, "jon") == 302


@pytest.mark.parametrize("fields", [{"username": "mara"}, {"password": "x"}, {}])
def test_a_form_that_lacks_a_field_neither_counts_nor_forgets(client, fields):
    person()
    for _ in range(throttle.TRIES):
        assert guess(client) == 200
        assert client.post("/login/", {"password": "", **fields}).status_code == 200
    assert guess(client, PASSWORD) == 429


def test_a_log_in_ends_the_count_of_wrong_tries(client):
    person()
    guesses(client, throttle.TRIES - 1)
    assert guess(client, PASSWORD) == 302
    assert guesses(Client(), throttle.TRIES) == [200] * 10


def test_a_user_who_was_switched_off_forgets_nothing_with_the_right_password(client):
    person(is_active=False)
    assert guesses(client, throttle.TRIES, password=PASSWORD) == [200] * 10
    assert guess(client, PASSWORD) == 429


def test_the_window_ends_and_the_count_begins_anew(client):
    person()
    guesses(client, throttle.TRIES + 1)
    GuessCount.objects.update(ends_at=clock.now() - timedelta(seconds=1))
    assert guesses(client, throttle.TRIES) == [200] * 10
    assert guess(client) == 429


def test_the_admin_has_no_log_in_of_its_own(client):
    person(is_staff=True, is_superuser=True)
    door = client.get("/admin/", follow=True)
    assert door.redirect_chain[-1][0] == "/login/?next=/admin/"
    assert guess(client, PASSWORD, to="/admin/login/") == 302
    assert "_auth_user_id" not in client.session
    guesses(client, throttle.TRIES)
    assert guess(client, PASSWORD) == 429
    assert client.get("/admin/login/?next=/admin/ingest/").url == (
        "/login/?next=/admin/ingest/"
    )


def test_the_admins_own_form_for_a_password_is_that_of_the_account():
    client = logged_in(person(is_staff=True, is_superuser=True))
    for answer in (client.get, client.post, Client().post):
        assert answer("/admin/password_change/").url == "/account/#password"


def test_people_who_may_not_use_the_admin_are_told_so_and_not_sent_in_a_circle():
    answer = logged_in(person()).get("/admin/", follow=True)
    assert answer.status_code == 403
    assert "Your user may not do this" in text_of(answer)
    eve = person("eve", is_staff=True, is_superuser=True)
    assert logged_in(eve).get("/admin/").status_code == 200


def test_page_views_push_no_count_out(client, settings):
    person()
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 2},
        }
    }
    reader = logged_in(person("jon"))
    guesses(client, throttle.TRIES)
    assert reader.get("/").status_code == 200
    assert reader.get("/?window=7d").status_code == 200
    assert guess(client, PASSWORD) == 429


def test_one_address_guesses_at_many_users_only_so_often(client):
    person()
    names = [f"user {number}" for number in range(throttle.TRIES_OF_ADDRESS)]
    assert [guess(client, name=name) for name in names] == [200] * 30
    assert guess(client, name="one more") == 429


def test_a_user_of_ones_own_is_no_way_to_begin_anew(client):
    person()
    person("eve")
    for number in range(throttle.TRIES_OF_ADDRESS):
        assert guess(client, name=f"user {number}") == 200
        if number % 5 == 0:
            assert guess(Client(), PASSWORD, "eve") in (302, 429)
    assert guess(client, name="one more") == 429


@pytest.mark.usefixtures("proxied")
def test_behind_a_proxy_each_client_is_counted_by_its_own_address():
    person()
    assert guesses(at("203.0.113.1"), 11)[-1] == 429
    assert guess(at("203.0.113.2"), PASSWORD) == 302


@pytest.mark.usefixtures("proxied")
@pytest.mark.parametrize(
    "claimed",
    [
        "198.51.100.{n}, 203.0.113.1",
        "{n}, 203.0.113.1",
        "203.0.113.1:{n}",
        "[2001:db8::{n}]:80",
        "2001:db8::{n}",
    ],
)
def test_what_a_client_can_vary_makes_it_no_other(claimed):
    person()
    tries = [guess(at(claimed.format(n=number))) for number in range(1, 12)]
    assert tries == [*[200] * 10, 429]


def test_without_a_proxy_a_claimed_address_is_not_believed():
    person()
    assert [guess(at(f"203.0.113.{n}")) for n in range(11)] == [*[200] * 10, 429]


@pytest.mark.usefixtures("proxied")
def test_guesses_from_many_addresses_are_slowed_and_lock_nobody_out(caplog):
    person()
    for host in range(6):
        guesses(at(f"203.0.113.{host}"), throttle.TRIES)
    assert "guessed from many addresses" in caplog.text
    assert guesses(at("198.51.100.1"), 3) == [200, 200, 429]
    # Wherever the user is just now, the right password is let through.
    assert guess(at("198.51.100.2"), PASSWORD) == 302


@pytest.mark.usefixtures("proxied")
def test_the_65536_networks_of_one_customer_are_no_new_addresses():
    person()
    for host in range(6):
        guesses(at(f"203.0.113.{host}"), throttle.TRIES)
    tries = [guess(at(f"2001:db8:1:{n}::1")) for n in range(1, 5)]
    assert tries == [200, 200, 429, 429]
    assert guess(at("2001:db8:2::1"), PASSWORD) == 302


@pytest.mark.usefixtures("proxied")
def test_one_customer_guesses_at_many_users_only_so_often():
    person()
    for number in range(throttle.TRIES_OF_SITE):
        client = at(f"2001:db8:1:{number // 20:x}::{number + 1:x}")
        assert guess(client, name=f"user {number}") == 200
    assert guess(at("2001:db8:1:ff::1"), name="one more") == 429
    assert guess(at("2001:db8:2::1"), PASSWORD) == 302


@pytest.mark.usefixtures("proxied")
def test_codes_are_guessed_from_many_addresses_no_oftener_than_from_few(rf):
    person()
    for host in range(6):
        for _ in range(throttle.TRIES):
            request = rf.get("/", headers={"X-Forwarded-For": f"203.0.113.{host}"})
            last = throttle.Guess.of("mara", request, at_second_factor=True).wait_s()
    assert last > 290
    request = rf.get("/", headers={"X-Forwarded-For": "198.51.100.1"})
    assert throttle.Guess.of("mara", request, at_second_factor=True).wait_s() > 290
    # Guesses at the password are another matter.
    assert guess(at("198.51.100.1"), PASSWORD) == 302


@pytest.mark.usefixtures("proxied")
def test_mails_to_one_address_are_asked_for_a_few_times_from_wherever(settings):
    settings.MAIL_IS_SENT = True
    told = [
        at(f"203.0.113.{n}").post("/forgot/", {"email": f"{'Mm'[n % 2]}@example.com"})
        for n in range(throttle.MAILS_TO + 1)
    ]
    assert [one.status_code for one in told] == [*[200] * throttle.MAILS_TO, 429]
    assert 3590 < int(told[-1].headers["Retry-After"]) <= 3600
    other = at("203.0.113.1").post("/forgot/", {"email": "jon@example.com"})
    assert other.status_code == 200


def test_a_browser_that_the_user_logged_in_with_is_counted_apart(client):
    person()
    assert guess(client, PASSWORD) == 302
    client.post("/logout/")
    cookie = client.cookies[throttle.COOKIE]
    assert cookie["httponly"]
    stranger = Client()
    assert guesses(stranger, 11)[-1] == 429
    assert guess(client, PASSWORD) == 302
    client.post("/logout/")
    assert guesses(client, 11) == [*[200] * 10, 429]


def test_a_browser_known_to_one_user_is_unknown_to_others(client):
    person()
    person("eve")
    assert guess(client, PASSWORD, "eve") == 302
    client.post("/logout/")
    assert guesses(Client(), 10) == [200] * 10
    assert guess(client, PASSWORD) == 429


@pytest.mark.parametrize("text", ["x", "a:b:c", "é", "WyJtYXJhIiwieCJd:1sYzVs:xx"])
def test_a_cookie_that_we_did_not_sign_makes_no_browser_known(client, text):
    person()
    guesses(client, 10)
    client.cookies[throttle.COOKIE] = text
    assert guess(client, PASSWORD) == 429


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_moment_are_all_counted():
    person()

    def one(_: int) -> int:
        try:
            return guess(Client())
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(one, range(24)))
    assert answers == [*[200] * 10, *[429] * 14]


def test_counts_are_kept_without_names_or_addresses_and_only_for_a_while(client):
    person()
    guess(client, name="a secret name")
    assert "secret" not in str(list(GuessCount.objects.values()))
    assert "127.0.0.1" not in str(list(GuessCount.objects.values()))
    keep_house()
    assert GuessCount.objects.count() == 3
    GuessCount.objects.update(ends_at=clock.now() - timedelta(seconds=1))
    keep_house()
    assert not GuessCount.objects.exists()
