"""Pairs of two runs as rows: each case with both its outcomes and what they say."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models.functions import Left

from dashboard.filters import Filters
from dashboard.lists.listing import LONGEST_KEY
from dashboard.lists.ranked import Ranking
from dashboard.metrics.compare import CATEGORIES, Category, Outcome, Pair, pairs
from dashboard.metrics.messages import HEAD, cut_message
from ingest.models import ResultText, Run
from ingest.models.results import ORDINALS


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCase:
    """The case of a pair; the head's where both runs have it."""

    id: int
    key: str
    name: str
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The final result of a case in one of two runs, decided or not."""

    id: int
    status: str
    duration_ms: int | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    """A case with its outcome in both runs; a side is null where the run has no result
    of the case. `change_ms` is how much longer the head took.
    """

    category: str
    case: PairCase
    base: Side | None
    head: Side | None
    change_ms: int | None


def pair_rows(base: Run, head: Run, pairs: Sequence[Pair]) -> list[PairRow]:
    """Two queries, for the messages of both sides."""
    before = _messages(base, [pair.base for pair in pairs])
    after = _messages(head, [pair.head for pair in pairs])
    return [
        PairRow(
            category=pair.category,
            case=PairCase(
                id=pair.case, key=pair.key, name=pair.name, folder=pair.folder
            ),
            base=_side(base, pair.base, before),
            head=_side(head, pair.head, after),
            change_ms=pair.change_ms,
        )
        for pair in pairs
    ]


def pair_ranking(
    base: Run, head: Run, categories: Collection[Category] = ()
) -> Ranking[PairRow]:
    """The pairs of some categories, or of all, by category and name."""
    places = {name: place for place, name in enumerate(CATEGORIES)}
    wanted = sorted({*(categories or CATEGORIES)})

    def compute(_: Filters) -> list[Pair]:
        return sorted(pairs(base, head, wanted), key=key)

    def key(pair: Pair) -> tuple[int, str, int]:
        # An address tells the key of a row, so that it has no whole name.
        return places[pair.category], pair.name[:LONGEST_KEY], pair.case

    return Ranking(
        name=f"compare {base.pk} {head.pk} {' '.join(wanted)}",
        row=PairRow,
        compute=compute,
        key=key,
        rows=lambda _, chosen: pair_rows(base, head, chosen),
    )


def _messages(run: Run, outcomes: Sequence[Outcome | None]) -> dict[int, str]:
    ordinals = [outcome.ordinal for outcome in outcomes if outcome]
    texts = ResultText.objects.filter(
        project_id=run.project_id,
        partition_on=run.partition_on,
        run_id=run.pk,
        ordinal__in=ordinals,
    )
    heads = texts.annotate(head=Left("message", HEAD)).values_list("ordinal", "head")
    return {n: cut_message(head, run.pk * ORDINALS + n) for n, head in heads}


def _side(run: Run, outcome: Outcome | None, messages: dict[int, str]) -> Side | None:
    if outcome is None:
        return None
    return Side(
        id=run.pk * ORDINALS + outcome.ordinal,
        status=str(outcome.status),
        duration_ms=outcome.duration_ms,
        message=messages.get(outcome.ordinal, ""),
    )
