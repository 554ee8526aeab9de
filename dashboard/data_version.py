"""The version of all data that answers are made of: it rises with each change of any.

Counted by triggers of the tables, so that no writer, statement by hand or COPY can forget
it. A transaction counts itself once, in a row that no other holds at the moment; the sum of
the rows that a reader sees is the number of changes that it sees.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models.signals import post_migrate
from django.dispatch import receiver

from dashboard.advisory_lock import advisory_lock
from dashboard.request_cache import keep_in_request

TRIGGER = "count_change"
# Whoever waits for a table's writers to end lets no other begin.
LOCK_TIMEOUT = "60s"
# No answer of the API shows what these hold: who guessed, when tasks ran, tokens' last use,
# messages sent, and figures that are computed from the other tables.
NEVER_SHOWN = frozenset(
    {
        "dashboard_apitoken",
        "dashboard_changecount",
        "dashboard_channel",
        "dashboard_delivery",
        "dashboard_guesscount",
        "dashboard_incident",
        "dashboard_milestonefigure",
        "dashboard_scheduledtask",
        "dashboard_standardfigure",
        "dashboard_subscription",
    }
)
# What is set while a transaction lasts goes with it, and with a savepoint that is undone.
_FUNCTION = """
CREATE OR REPLACE FUNCTION dashboard_count_change() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    own text := pg_current_xact_id()::text;
    free bigint;
BEGIN
    IF current_setting('passline.counted', true) IS NOT DISTINCT FROM own THEN
        RETURN NULL;
    END IF;
    SELECT id INTO free FROM dashboard_changecount LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF free IS NULL THEN
        INSERT INTO dashboard_changecount (changes) VALUES (1);
    ELSE
        UPDATE dashboard_changecount SET changes = changes + 1 WHERE id = free;
    END IF;
    PERFORM set_config('passline.counted', own, true);
    RETURN NULL;
END $$
"""
# Partitions are not asked about: whoever writes results in one also writes their run, or
# deletes what they said before.
_LACKING = """
SELECT c.relname FROM pg_class c
 WHERE c.relnamespace = current_schema()::regnamespace
   AND c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND (c.relname LIKE 'ingest\\_%%' OR c.relname LIKE 'dashboard\\_%%')
   AND c.relname <> ALL (%s)
   AND NOT EXISTS (SELECT FROM pg_trigger t
                    WHERE t.tgrelid = c.oid AND t.tgname = %s)
"""
# The table's own number tells a database that was put back from a dump. One that was put
# back file by file counts on from where it was then, and may come to the same number again.
_VERSION = """
SELECT 'dashboard_changecount'::regclass::oid || '.' || coalesce(sum(changes), 0),
       pg_postmaster_start_time(), pg_current_xact_id_if_assigned() IS NOT NULL
  FROM dashboard_changecount
"""
# The name under which a request keeps the version that it began with.
COMMITTED_VERSION = "committed version"


def data_version() -> str:
    """The same only while nothing has changed. One short query."""
    version, committed = _versions()
    # For what is asked for while the request is answered.
    keep_in_request(COMMITTED_VERSION, committed)
    return version


def changes_of(version: str) -> int:
    """How many changes a version counts."""
    return int(version.rpartition(".")[2])


def _versions() -> tuple[str, str | None]:
    with connection.cursor() as cursor:
        cursor.execute(_VERSION)
        version, started_at, is_own = cursor.fetchone()
    return str(version), None if is_own else f"{version} {started_at}"


def committed_version() -> str | None:
    """The same for all who see the same; None for whoever has changed something that is
    not committed, which no other count tells yet.
    """
    return _versions()[1]


def uncounted_tables() -> list[str]:
    """Tables whose changes are to be counted, and are not yet."""
    with connection.cursor() as cursor:
        cursor.execute(_LACKING, [sorted(NEVER_SHOWN), TRIGGER])
        return [name for (name,) in cursor.fetchall()]


@receiver(post_migrate)
def count_changes(sender: Any, **_: Any) -> None:
    """Give each table that lacks it its trigger."""
    if sender.name != "dashboard":
        return
    _alone(_FUNCTION)
    for table in uncounted_tables():
        _alone(
            f"CREATE OR REPLACE TRIGGER {TRIGGER} "
            f"AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION dashboard_count_change()"
        )


def _alone(statement: str) -> None:
    """Two that replace one thing at a time fail. Each is a transaction of its own, so that
    it waits for a table's writers while no other table waits for it.
    """
    with advisory_lock("count of changes"), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute(statement)
