"""A pinned view holds all that was recorded before it, and nothing comes to it later."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection

from dashboard.reading.pins import pin_moment
from tests.dashboard.past.history import now

pytestmark = pytest.mark.django_db


def test_a_pin_is_taken_before_the_oldest_transaction_still_open():
    """What that records later is no part of what was pinned."""
    settings = connection.get_connection_params()
    with psycopg.connect(**settings) as other:
        other.execute("SELECT 1")
        while_open = pin_moment()
        (recorded_at,) = other.execute("SELECT passline_recording_time()").fetchone()
        assert while_open < recorded_at
        assert now() > recorded_at
        other.rollback()
        assert pin_moment() > recorded_at
