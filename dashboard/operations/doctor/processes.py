"""The broker, what runs beside the web server, and whether all clocks agree."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis.exceptions import RedisError

from dashboard.heartbeats import TOO_OLD_S
from dashboard.models import ScheduledTask
from dashboard.operations.broker_client import broker, queue_lengths
from dashboard.operations.doctor.finding import About, Finding
from dashboard.operations.signs import Sign, signs
from dashboard.program import program_stamp

BROKER, PROCESSES, CLOCKS = About("broker"), About("processes"), About("clocks")
NEARLY_FULL = 0.9
MANY_MESSAGES = 1000
# From here on messages expire early and syncs seem late; then leases are misjudged.
APART_S, FAR_APART_S = 2.0, 30.0
_START = {
    "worker": "manage.py serve, or the command of `worker` in docker-compose.yml",
    "courier": "manage.py serve, or the command of `courier` in docker-compose.yml",
    "beat": "manage.py serve, or the command of `beat` in docker-compose.yml",
}


def check_broker() -> Iterator[Finding]:
    try:
        told = broker().info()
    except (OSError, RedisError) as error:
        yield BROKER.problem(
            f"The broker does not answer: {error}.",
            "Start it, or correct REDIS_URL."
            if settings.REDIS_URL
            else "See valkey/server.log in DATA_DIR.",
        )
        return
    name = told.get("server_name", "redis")
    version = told.get(f"{name}_version", told.get("redis_version"))
    yield BROKER.ok(f"{name} {version} answers.")
    yield from _memory(int(told["maxmemory"]), int(told["used_memory"]), told)
    for queue, length in queue_lengths().items():
        if length > MANY_MESSAGES:
            yield BROKER.note(
                f"{length:,} messages wait in the queue {queue}.",
                "Run more workers, or see in the worker's log what keeps it.",
            )


def _memory(most: int, used: int, told: dict[str, str]) -> Iterator[Finding]:
    policy = told["maxmemory_policy"]
    if not most:
        yield BROKER.note(
            "The broker has no limit of memory, so that what is cached may take all.",
            "Set maxmemory, with maxmemory-policy volatile-lfu.",
        )
    elif policy.startswith("allkeys"):
        yield BROKER.problem(
            f"maxmemory-policy is {policy}: the broker throws queued tasks away.",
            "Set maxmemory-policy volatile-lfu.",
        )
    elif policy == "noeviction":
        yield BROKER.problem(
            "maxmemory-policy is noeviction: what is cached will leave no room for tasks.",
            "Set maxmemory-policy volatile-lfu.",
        )
    elif used > NEARLY_FULL * most and policy != "volatile-lfu":
        yield BROKER.note(
            f"The broker's memory is {used / most:.0%} full.",
            "Raise maxmemory, or set maxmemory-policy volatile-lfu.",
        )


def check_processes() -> Iterator[Finding]:
    found = _signs()
    if found is None:
        return
    alive = [sign for sign in found if sign.age_s < TOO_OLD_S]
    for name, start in _START.items():
        hosts = sorted(sign.host for sign in alive if sign.name == name)
        if hosts:
            yield PROCESSES.ok(f"{name} runs on {', '.join(hosts)}.")
        elif name == "courier":
            yield PROCESSES.note(
                "No courier gives a sign of life; what is handed on waits behind syncs.",
                f"Start one: {start}.",
            )
        else:
            yield PROCESSES.problem(
                f"No {name} gives a sign of life{_last(found, name)}.",
                f"Start one: {start}. If it runs, see its log.",
            )
        if name == "beat" and len(hosts) > 1:
            yield PROCESSES.problem(
                "More than one beat runs; each sends every task.",
                "Stop all but one.",
            )
    for sign in alive:
        if sign.program != program_stamp():
            yield PROCESSES.problem(
                f"{sign.name} on {sign.host} runs another program than this one.",
                "Bring both to the same release and restart it.",
            )


def _last(found: list[Sign], name: str) -> str:
    ages = [sign.age_s for sign in found if sign.name == name]
    return f"; the last was {min(ages) / 60:.0f} min ago" if ages else ""


def check_schedule() -> Iterator[Finding]:
    sent = ScheduledTask.objects.order_by("-sent_at").values_list("sent_at", flat=True)
    newest = sent.first()
    limit = timedelta(seconds=TOO_OLD_S)
    if newest is not None and timezone.now() - newest > limit:
        yield PROCESSES.problem(
            f"The beat sent nothing since {newest:%Y-%m-%d %H:%M} UTC.",
            "Restart it and see its log.",
        )


def check_clocks() -> Iterator[Finding]:
    apart = {"the database": _of_database()}
    try:
        seconds, micros = broker().time()
        apart["the broker"] = float(seconds) + micros / 1e6 - time.time()
    except (OSError, RedisError):
        pass
    for sign in _signs() or []:
        if sign.age_s < TOO_OLD_S and "the broker" in apart:
            apart[f"{sign.name} on {sign.host}"] = sign.ahead_s + apart["the broker"]
    worst = max(apart, key=lambda name: abs(apart[name]))
    by_s = abs(apart[worst])
    if by_s < APART_S:
        yield CLOCKS.ok(f"All agree within {max(by_s, 0.01):.2f} s.")
        return
    way = "ahead of" if apart[worst] > 0 else "behind"
    yield (CLOCKS.problem if by_s > FAR_APART_S else CLOCKS.note)(
        f"The clock of {worst} is {by_s:.0f} s {way} this machine's.",
        "Let every machine take its time from the same server (NTP).",
    )


def _of_database() -> float:
    before = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    assert isinstance(now, datetime)
    return now.timestamp() - (before + time.time()) / 2


def _signs() -> list[Sign] | None:
    try:
        return signs()
    except (OSError, RedisError):
        # The check of the broker says so.
        return None


# `check_schedule` needs the tables.
CHECKS = (check_broker, check_processes, check_clocks)
