"""What is attached to a run and to its threads, on the run's page."""

from __future__ import annotations

from dashboard.addresses import address
from dashboard.pages.runs.page_data import PageData
from dashboard.ui.evidence import ShownEvidence, shown_evidence
from dashboard.ui.lengths import LONGEST_OF_MANY

# Threads of which it is shown here; the API has it of all of them.
MOST_THREADS = 16


def run_evidence(data: PageData) -> tuple[ShownEvidence, ...]:
    """That of the run and then of each thread that has any; nothing of none."""
    if data.attached is None:
        return ()
    of_run, of_threads = data.attached
    run_href = address("api-runs-one", data.run.pk)
    threads_href = address("api-runs-threads", data.run.pk)
    found = [
        shown_evidence(of_run, whole_href=run_href, letters=LONGEST_OF_MANY),
        *(
            shown_evidence(
                of_threads[pk],
                title=thread.name or f"thread {thread.external_id}",
                whole_href=threads_href,
                letters=LONGEST_OF_MANY,
            )
            for pk, thread in data.threads.items()
            if pk in of_threads
        ),
    ]
    return tuple(one for one in found if one is not None)[: MOST_THREADS + 1]
