"""What the tests of the stand-up share: a busy project, and the page read back."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

from ingest.masking import VERSION
from ingest.models import Milestone, Result, ResultText, Run
from tests import factories
from tests.dashboard.number_links import words_of
from tests.dashboard.releases import TODAY, growing
from tests.factories import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def drawn(project, letters: str, case: str, **values) -> list[Run]:
    """A result every 6 h, the last an hour ago: the last four lie in the last 24 h."""
    return factories.make_history(project, letters, case=case, **values)


def broken(project, case: str, message: str = "", signature=None) -> Run:
    run = drawn(project, "PPPPPF", case)[-1]
    if message:
        factories.make_texts(Result.objects.filter(run_id=run.pk), message)
        ResultText.objects.filter(run_id=run.pk).update(
            signature=signature, masking=VERSION
        )
    return run


def busy(project) -> None:
    """Something in every card: two tests with one cause, five alone, four mended. Four
    became flaky, whose last failure is mended too.
    """
    cause = uuid4()
    broken(project, "pays by card", "Error: the frame 17 did not load\n at a", cause)
    broken(project, "pays later", "Error: the frame 18 did not load\n at b", cause)
    for number in range(5):
        broken(project, f"alone {number}", f"Message {'x' * number}", uuid4())
    for number in range(4):
        drawn(project, "PPFFFP", f"mended {number}")
    for number in range(4):
        drawn(project, "P" * 20 + "FPPF" + "PP", f"flaky {number}", every=HOUR * 3)
    milestone = factories.make_milestone(project, "v26.12 Winter release")
    growing(project, milestone, passed_a_day=3)
    Milestone.objects.filter(pk=milestone.pk).update(due_at=TODAY + DAY)
    late = NOW - 26 * HOUR
    for number in range(3):
        factories.make_connection(f"QA.tech {number}", last_success_at=late)


def sentence(html: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)
    return words_of(found[1])


def second(html: str) -> str:
    found = re.search(r"</h1>\s*<p>(.*?)</p>", html, re.DOTALL)
    return words_of(found[1]) if found else ""


def card(html: str, key: str) -> str:
    return html[html.index(f'<section class="su-{key}"') :].partition("</section>")[0]


def markdown_of(client, query: str = "") -> str:
    answer = client.get(f"/standup/{query}{'&' if query else '?'}format=md")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    return answer.content.decode()
