"""The project as a whole: it starts, and its parts agree with each other."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client


@pytest.mark.django_db
def test_the_tests_run_on_postgresql_18_with_unicode_case_folding():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), 'Ä' ILIKE 'ä'")
        version, folds = cursor.fetchone()
    assert version.startswith("18")
    assert folds


@pytest.mark.django_db
def test_the_health_check_answers_with_strict_headers():
    response = Client().get("/healthz")
    assert response.json()["status"] == "ok"
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert response.headers["X-Frame-Options"] == "DENY"
