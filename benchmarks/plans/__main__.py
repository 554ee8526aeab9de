"""The plans of the ten queries that the pages of a filled database wait for longest.

    python -m benchmarks.plans FOLDER > docs/query-plans.md

Each page of `benchmarks.pages` is asked for with an empty cache, ROUNDS times, of which the
quickest counts; queries are counted together that differ in their values alone. The slowest of each is then asked for again by
its page, with EXPLAIN before it.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from benchmarks.ground import database_in

HEAVIEST, ROUNDS = 10, 3


def main(folder: str) -> None:
    with database_in(folder):
        from django.core.cache import cache

        from benchmarks.pages import paths, ready_client
        from benchmarks.plans.document import document
        from benchmarks.plans.statements import Explained, Watched, watching
        from ingest.models import Result

        client, asked = ready_client(), paths()
        for path in asked:
            client.get(path)
        watched = Watched()
        with watching(watched):
            for path in asked * ROUNDS:
                cache.clear()
                watched.begin(path)
                client.get(path)
        heaviest = watched.heaviest(HEAVIEST)
        for one in heaviest:
            cache.clear()
            explained = Explained(one)
            with watching(explained):
                client.get(one.slowest.path)
            one.plan = explained.plan
        print(
            document(
                heaviest,
                watched,
                on=datetime.now(tz=UTC).date(),
                results=Result.objects.count(),
                pages=len(asked),
            )
        )


if __name__ == "__main__":
    main(sys.argv[1])
