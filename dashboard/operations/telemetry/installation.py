"""Metrics of the installation: asked of database and broker with each scrape, and the same
whichever web process answers it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping

from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.db.models import Count
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
)
from redis.exceptions import RedisError

from dashboard.database import replica
from dashboard.metrics.freshness import state
from dashboard.operations.broker_client import queue_lengths, taken
from dashboard.operations.signs import signs, youngest_s
from dashboard.operations.telemetry.tallies import RESULTS, SYNCS, Tallies, tallies
from dashboard.time_limits import statement_limit
from ingest.models import UNDECIDED, Connection, RelayedPart
from ingest.models.connection import PUSH

# A scrape is given up after ten seconds by default.
QUERY_LIMIT_S = 3
PROCESSES = ("worker", "courier", "beat")
STATES = ("fresh", "stale", "failing", "paused")
# What the planner believes; counting millions of rows takes longer than a scrape may.
_SIZES = """
SELECT pg_database_size(current_database()),
       (SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'public.ingest_result'::regclass)
"""


class Installation:
    """A collector of prometheus_client."""

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily(
            "passline", "The release that answers.", {"version": settings.VERSION}
        )
        answers = GaugeMetricFamily(
            "passline_up", "Whether it answered this scrape.", labels=["service"]
        )
        for service, read, error in (
            ("database", _of_database, DatabaseError),
            ("broker", _of_broker, (OSError, RedisError)),
        ):
            try:
                found = list(read())
            except error:
                answers.add_metric([service], 0)
            else:
                answers.add_metric([service], 1)
                yield from found
        yield answers


def _of_database() -> Iterator[Metric]:
    with statement_limit(QUERY_LIMIT_S):
        with connection.cursor() as cursor:
            cursor.execute(_SIZES)
            size, results = cursor.fetchone()
        yield GaugeMetricFamily(
            "passline_database_size_bytes", "The database on its disk.", size
        )
        yield GaugeMetricFamily(
            "passline_results",
            "Results stored, as the database estimates them.",
            results,
        )
        yield from _of_connections()
        yield from _of_relay()
    if replica.ALIAS in connections:
        found = replica.position()
        yield GaugeMetricFamily(
            "passline_replica_behind_seconds",
            "How old what is read from the replica can be; +Inf where it is down.",
            math.inf if found is None else found.behind_s,
        )


def _of_connections() -> Iterator[Metric]:
    now = timezone.now()
    connections = list(Connection.objects.all())
    followed = [one for one in connections if one.paused_at is None]
    counts = Counter(
        "paused" if one.paused_at else state(one, now) for one in connections
    )
    yield _gauges(
        "passline_connections",
        "Connections to tools, by how they fare.",
        "state",
        {name: counts[name] for name in STATES},
    )
    ages_s = [
        (now - (one.last_success_at or one.created_at)).total_seconds()
        for one in followed
        if one.vendor != PUSH
    ]
    yield GaugeMetricFamily(
        "passline_oldest_sync_age_seconds",
        "Since the last success of the connection whose last success is the oldest.",
        max(ages_s, default=0.0),
    )


def _of_relay() -> Iterator[Metric]:
    rows = RelayedPart.objects.filter(state__in=UNDECIDED).order_by()
    counts = dict(rows.values_list("state").annotate(Count("pk")))
    yield _gauges(
        "passline_relay_parts",
        "Pushed parts that were not handed on yet; all but waiting ones need a person.",
        "state",
        {str(name): counts.get(str(name), 0) for name in UNDECIDED},
    )


def _of_broker() -> Iterator[Metric]:
    yield _gauges(
        "passline_queue_messages",
        "Tasks that no worker has taken.",
        "queue",
        queue_lengths(),
    )
    yield GaugeMetricFamily(
        "passline_tasks_taken", "Tasks that workers have taken and not ended.", taken()
    )
    found = signs()
    ages_s = {name: youngest_s(found, name) for name in PROCESSES}
    yield _gauges(
        "passline_heartbeat_age_seconds",
        "Since the last sign of life of any such process; +Inf where there was none.",
        "process",
        {name: math.inf if age is None else age for name, age in ages_s.items()},
    )
    yield from _of_syncs(tallies())


def _of_syncs(counted: Tallies) -> Iterator[Metric]:
    syncs = CounterMetricFamily(
        "passline_syncs",
        "Syncs of whole connections that ended.",
        labels=["vendor", "outcome"],
    )
    results = CounterMetricFamily(
        "passline_synced_results", "Results that syncs wrote.", labels=["vendor"]
    )
    for (what, *labels), number in counted.items():
        if what == SYNCS:
            syncs.add_metric(labels, number)
        elif what == RESULTS:
            results.add_metric(labels, number)
    yield from (syncs, results)


def _gauges(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    found = GaugeMetricFamily(name, told, labels=[label])
    for value, number in values.items():
        found.add_metric([value], number)
    return found
