"""The least that the same durable work takes without a model: COPY, cases, counts."""

from __future__ import annotations

import json
from datetime import UTC, datetime

TABLES = """
CREATE TABLE bare_run (id bigint PRIMARY KEY, passed int, failed int, version int);
CREATE TABLE bare_case (id bigserial PRIMARY KEY, key text UNIQUE, name text, folder text,
                        first_at timestamptz, last_at timestamptz);
CREATE TABLE bare_result (run_id bigint, case_id bigint, at timestamptz,
                          duration_us bigint, status smallint, message text);
CREATE INDEX ON bare_result (run_id);
CREATE INDEX ON bare_result (case_id, at);
CREATE TABLE bare_run_day (run_id bigint, day date, passed int, failed int,
                           PRIMARY KEY (run_id, day));
CREATE TEMP TABLE came (key text, name text, folder text, at timestamptz,
                        duration_us bigint, status smallint, message text)
                        ON COMMIT DELETE ROWS;
"""
WRITE = """
INSERT INTO bare_case (key, name, folder, first_at, last_at)
  SELECT key, name, folder, at, at FROM came ORDER BY key
  ON CONFLICT (key) DO UPDATE SET name = excluded.name, folder = excluded.folder,
                                  last_at = excluded.last_at;
INSERT INTO bare_result
  SELECT {run}, c.id, t.at, t.duration_us, t.status, t.message
    FROM came t JOIN bare_case c USING (key);
INSERT INTO bare_run_day
  SELECT {run}, at::date, count(*) FILTER (WHERE status = 1),
         count(*) FILTER (WHERE status = 2) FROM came GROUP BY 2
  ON CONFLICT (run_id, day) DO UPDATE SET
    passed = bare_run_day.passed + excluded.passed,
    failed = bare_run_day.failed + excluded.failed;
UPDATE bare_run r SET passed = r.passed + t.passed, failed = r.failed + t.failed,
                      version = version + 1
  FROM (SELECT count(*) FILTER (WHERE status = 1) AS passed,
               count(*) FILTER (WHERE status = 2) AS failed FROM came) t
 WHERE r.id = {run};
"""


class Minimum:
    """Takes the bodies of Testmo's appends into plain tables of its own."""

    def __init__(self) -> None:
        from django.db import connection

        self._runs = 0
        with connection.cursor() as cursor:
            cursor.execute(TABLES)

    def open_run(self) -> int:
        from django.db import connection

        self._runs += 1
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bare_run VALUES (%s, 0, 0, 0)", [self._runs])
        return self._runs

    def take(self, run: int, body: bytes) -> None:
        from django.db import connection, transaction

        now = datetime.now(tz=UTC)
        tests = json.loads(body)["tests"]
        with transaction.atomic(), connection.cursor() as cursor:
            with cursor.copy("COPY came FROM STDIN") as copy:
                for test in tests:
                    fields = test["fields"]
                    copy.write_row(
                        (
                            test["key"],
                            test["name"],
                            test["folder"],
                            now,
                            test["elapsed"],
                            1 if test["status"] == "passed" else 2,
                            fields[0]["value"] if fields else "",
                        )
                    )
            cursor.execute(WRITE.format(run=run))
