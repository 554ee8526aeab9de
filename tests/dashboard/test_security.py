"""No secret in a log line, whatever is logged, and settings that say what is wrong."""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import subprocess
import sys

import pytest

from dashboard.security import RedactingFormatter
from tests.services import ROOT

LINES = [
    "GET https://ada:s3cret@vendor.example/api",
    "Authorization: Bearer s3cret",
    "headers={'Authorization': 'Bearer s3cret'}",
    "login failed for api_token=s3cret&project=1",
    '{"password": "s3cret"}',
    "postgresql://passline:s3cret@db/passline",
    f"Not Found: /s/s3cret{'x' * 37}/flaky/",
    f"GET /theme/?to=dark&next=%2Fs%2Fs3cret{'x' * 37}%2Fflaky%2F",
    "Not Found: /passline/invitation/s3cret-43_letters/",
    "GET /set-password/MQ/s3cret-af01/ HTTP/1.1",
    "next=%2Fset-password%2FMQ%2Fs3cret-af01%2F",
]


@pytest.mark.parametrize("line", LINES)
def test_what_looks_like_a_credential_is_not_logged(line):
    record = logging.LogRecord("a", logging.INFO, "", 0, "%s", (line,), None)
    text = RedactingFormatter().format(record)
    assert "s3cret" not in text
    assert "***" in text


def test_a_traceback_is_redacted_too():
    try:
        raise ValueError("token=s3cret was refused")
    except ValueError:
        info = sys.exc_info()
    record = logging.LogRecord("a", logging.ERROR, "", 0, "failed", (), info)
    text = RedactingFormatter().format(record)
    assert "ValueError: token=*** was refused" in text


def test_nobody_writes_lines_of_their_own_into_the_log():
    path = "/a\n2026-11-29 ERROR all is lost\r\x1b[2J\u2028b"
    record = logging.LogRecord("a", logging.INFO, "", 0, "at %s", (path,), None)
    text = RedactingFormatter().format(record)
    assert text == r"at /a\x0a2026-11-29 ERROR all is lost\x0d\x1b[2J\x2028b"


def test_an_ordinary_line_is_left_as_it_is():
    line = "Sync of project 7 ended: 12 runs, 340 results; see http://127.0.0.1:8000/"
    record = logging.LogRecord("a", logging.INFO, "", 0, line, (), None)
    assert RedactingFormatter().format(record) == line


BAD_SETTINGS = [
    ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
    ({"CREDENTIALS_KEYS": ""}, "CREDENTIALS_KEYS is not set"),
    ({"CREDENTIALS_KEYS": "abc"}, "key 1 is not a Fernet key"),
    ({"DATABASE_URL": "mysql://db/x"}, "PostgreSQL is the only database"),
    ({"REDIS_URL": "redis//:s3cret@redis/0"}, "REDIS_URL must begin with redis://"),
    ({"WEB_CONCURRENCY": "auto"}, "WEB_CONCURRENCY is 'auto'"),
    ({"PUBLIC_READ": "maybe"}, "PUBLIC_READ is 'maybe'; say on or off"),
    ({"RETENTION_DAYS": "-1"}, "RETENTION_DAYS is '-1'"),
    ({"CSRF_TRUSTED_ORIGINS": "https://a.example,ftp://b.example"}, "entry 2 is no"),
    ({"CSRF_TRUSTED_ORIGINS": "https://mara:s3cret@a.example"}, "entry 1 is no origin"),
    ({"CSRF_TRUSTED_ORIGINS": "passline.example"}, "entry 1 is no origin"),
    ({"EVIDENCE_HOSTS": "a.example,b.example; script-src *"}, "entry 2 is no host"),
    ({"EVIDENCE_HOSTS": "*.example"}, "entry 1 is no host"),
    ({"EVIDENCE_HOSTS": "https://a.example/path"}, "entry 1 is no host"),
    ({"EVIDENCE_HOSTS": "mara:s3cret@a.example"}, "entry 1 is no host"),
    ({"TIME_ZONE": "Mars/Base"}, "TIME_ZONE is 'Mars/Base'"),
]


@pytest.mark.parametrize(("change", "sentence"), BAD_SETTINGS)
def test_a_setting_that_cannot_be_used_is_named_at_the_start(change, sentence):
    done = subprocess.run(
        [sys.executable, "-c", "import dashboard.settings"],
        cwd=ROOT,
        env={**os.environ, **change},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "ImproperlyConfigured" in last
    assert sentence in last
    assert "s3cret" not in done.stderr


def test_evidence_hosts_are_told_by_scheme_host_and_port():
    given = "Files.example, https://b.example:443,http://minio:9000,c.example:8443"
    done = subprocess.run(
        [sys.executable, "-c"]
        + ["import dashboard.settings as s; print(*s.EVIDENCE_HOSTS)"],
        cwd=ROOT,
        env={**os.environ, "EVIDENCE_HOSTS": given},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [
        *("https://files.example", "https://b.example"),
        *("http://minio:9000", "https://c.example:8443"),
    ]


SERVED = {
    "SECRET_KEY": "a key of fifty letters and more, as the docs say one is made: 0123456789",
    "CSRF_TRUSTED_ORIGINS": "https://passline.example",
    "ALLOWED_HOSTS": "passline.example",
}


def test_an_installation_behind_tls_has_nothing_that_django_warns_of():
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level=WARNING"],
        cwd=ROOT,
        env={**os.environ, **SERVED, "DJANGO_SETTINGS_MODULE": "dashboard.settings"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(("path", "prefix"), [("", "__Host-"), ("/a", "__Secure-")])
def test_behind_tls_cookies_stay_in_it_and_browsers_are_told_so(path, prefix):
    said = (
        "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE,"
        " s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.CSRF_COOKIE_HTTPONLY,"
        " s.SESSION_COOKIE_SAMESITE, s.CSRF_COOKIE_SAMESITE, s.SESSION_COOKIE_PATH,"
        " s.SECURE_HSTS_SECONDS, s.REST_FRAMEWORK['NUM_PROXIES'],"
        " s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME)"
    )
    done = subprocess.run(
        [sys.executable, "-c", said],
        cwd=ROOT,
        env={
            **os.environ,
            **SERVED,
            "FORCE_SCRIPT_NAME": path,
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [
        *("True", "True", "True", "True", "Lax", "Lax", f"{path}/", "2592000", "1"),
        *(f"{prefix}sessionid", f"{prefix}csrftoken"),
    ]


def rules_of(answer):
    said = answer.headers["Content-Security-Policy"].split("; ")
    return {name: set(values) for name, *values in map(str.split, said)}


@pytest.mark.django_db
def test_no_script_and_no_style_sheet_is_inline(client, settings):
    rules = rules_of(client.get("/login/"))
    assert rules["default-src"] == {"'none'"}
    assert rules["script-src"] == {"'self'"}
    assert rules["base-uri"] == rules["frame-ancestors"] == {"'none'"}
    empty = base64.b64encode(hashlib.sha256().digest()).decode()
    assert rules["style-src-elem"] == {"'self'", f"'sha256-{empty}'"}
    # What draws the API's reference writes its own; it alone may, and no script.
    settings.PUBLIC_READ = True
    reference = rules_of(client.get("/api/docs/"))
    assert reference == rules | {"style-src-elem": {"'self'", "'unsafe-inline'"}}


@pytest.mark.django_db
def test_without_evidence_hosts_no_other_server_gives_a_picture(client):
    policy = client.get("/login/").headers["Content-Security-Policy"]
    assert "img-src 'self' data: blob:; media-src 'self';" in policy
