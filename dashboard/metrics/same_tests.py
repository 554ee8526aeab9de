"""The same test in several tools: how alike two cases are, and who may be the same."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from django.db import connection
from django.db.models import F, Q

from dashboard.models import GroupedCase, OtherCase
from ingest.models import Case

# Names make up this part of a score, folders the rest where both cases have one.
NAME_SHARE = 0.8
LEAST_SCORE = 0.75
# Nobody looks through more, and a name of ten usual words may resemble thousands.
MOST_CANDIDATES = 6
MOST_READ = 2000
LONGEST_NAME = 500
# A word in this share of all cases tells half as much as one that is rare.
HALF_TELLING = 0.01

_STOP_WORDS = frozenset(
    # fmt: off
    (
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "can",
        "for",
        "from",
        "if",
        "in",
        "is",
        "it",
        "its",
        "must",
        "of",
        "on",
        "or",
        "shall",
        "should",
        "that",
        "the",
        "their",
        "then",
        "this",
        "to",
        "was",
        "when",
        "will",
        "with",
        "test",
        "verify",
        "check",
    )
    # fmt: on
)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Another project's case and how alike it is, 0 to 1."""

    case: int
    project: int
    name: str
    folder: str
    score: float


@lru_cache(maxsize=20_000)
def words_of(text: str) -> frozenset[str]:
    """The words of a name or folder that tell it apart.

    Lower case; camel case and punctuation part words; stop words, and "test", "verify",
    "check", are out unless nothing else is left; a plural counts as its singular.
    """
    found = [
        word.lower() for word in _WORD.findall(_split_camel_case(text[:LONGEST_NAME]))
    ]
    words = {_singular(word) for word in found}
    return frozenset(words - _STOP_WORDS or words)


def _split_camel_case(text: str) -> str:
    """A space between a small letter and a capital of any language, as in the index."""
    return text[:1] + "".join(
        f" {after}" if before.islower() and after.isupper() else after
        for before, after in pairwise(text)
    )


def _singular(word: str) -> str:
    is_plural = len(word) > 3 and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if is_plural else word


def similarity(
    first: Collection[str], second: Collection[str], shares: Mapping[str, float]
) -> float:
    """2 · weight of the shared words / weight of all words of both (Dice).

    0 without any word. `shares`: of which share of all cases a word is; those that are
    not in it are rare.
    """
    total = weight(first, shares) + weight(second, shares)
    return 2 * weight({*first} & {*second}, shares) / total if total else 0.0


def weight(words: Iterable[str], shares: Mapping[str, float]) -> float:
    """Each word weighs 1 / (1 + share / 0.01): 1 when rare, 1/2 at 1 % of all cases."""
    return sum(1 / (1 + shares.get(word, 0.0) / HALF_TELLING) for word in words)


def match_score(
    name: str,
    folder: str,
    other_name: str,
    other_folder: str,
    shares: Mapping[str, float] | None = None,
) -> float:
    """How alike two cases are, 0 to 1.

    0.8 · similarity of the names + 0.2 · similarity of the folders; of the names alone
    where either case has no folder.
    """
    known = shares or {}
    of_names = similarity(words_of(name), words_of(other_name), known)
    if not folder or not other_folder:
        return of_names
    of_folders = similarity(words_of(folder), words_of(other_folder), known)
    return NAME_SHARE * of_names + (1 - NAME_SHARE) * of_folders


# The expression of the index ingest_case_words.
CANDIDATES = r"""
SELECT id, project_id, name, folder FROM ingest_case
 WHERE to_tsvector('simple', regexp_replace(regexp_replace(left(name, 500),
           '([[:lower:]])([[:upper:]])', '\1 \2', 'g'), '[^[:alnum:]]+', ' ', 'g'))
       @@ to_tsquery('simple', %s)
   AND project_id <> %s AND gone_at IS NULL
 ORDER BY name, id LIMIT %s
"""


def candidates(
    case: Case,
    shares: Mapping[str, float],
    settled: Collection[int] = (),
    projects: Collection[int] = (),
) -> list[Alike]:
    """Cases of other projects that may be the same test, most alike first. One query.

    One for each project: the most alike one there, from LEAST_SCORE up. Where two of a
    project are equally alike none is offered, because it would be a guess. Left out are
    the cases `settled`, of which a person said something, and all of the `projects`
    that have a member of its group. `shares` come from `word_shares`.
    """
    query = prefilter(words_of(case.name), shares)
    if not query:
        return []
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, [query, case.project_id, MOST_READ])
        rows = cursor.fetchall()
    alike = (
        Alike(
            case=other,
            project=project,
            name=name,
            folder=folder,
            score=match_score(case.name, case.folder, name, folder, shares),
        )
        for other, project, name, folder in rows
        if other not in settled and project not in projects
    )
    return best_of_each([one for one in alike if one.score >= LEAST_SCORE])


def best_of_each(alike: Iterable[Alike]) -> list[Alike]:
    """The single most alike case of each project, none where two share the place."""
    best: dict[int, list[Alike]] = {}
    for one in alike:
        leaders = best.setdefault(one.project, [])
        if leaders and one.score < leaders[0].score:
            continue
        if leaders and one.score > leaders[0].score:
            leaders.clear()
        leaders.append(one)
    single = [leaders[0] for leaders in best.values() if len(leaders) == 1]
    return sorted(single, key=lambda one: (-one.score, one.case))[:MOST_CANDIDATES]


def prefilter(words: Collection[str], shares: Mapping[str, float]) -> str:
    """A text search query that each name alike enough answers; "" without words.

    The shared words S of a name of weight W can reach the least similarity d only when
    2 S / (W + S) >= d. So the rarest words are asked for until the rest weighs less.
    """
    least = (LEAST_SCORE - (1 - NAME_SHARE)) / NAME_SHARE
    rest = weight(words, shares)
    needed = least * rest / (2 - least)
    asked = []
    for word in sorted(words, key=lambda word: (shares.get(word, 0.0), -len(word))):
        if rest < needed:
            break
        # The beginning of a word finds its plural too; a lexeme may have 2,046 bytes.
        asked.append(f"'{word[:100]}':*")
        rest -= weight([word], shares)
    return " | ".join(asked)


# What ANALYZE found about the index, so that no page counts words. Among a few cases no
# word is common: shares are of 3,000 at least.
_SHARES = """
SELECT most_common_elems::text::text[], most_common_elem_freqs,
       reltuples / greatest(reltuples, 3000)
  FROM pg_stats JOIN pg_class ON pg_class.oid = 'public.ingest_case'::regclass
 WHERE schemaname = 'public' AND tablename = 'ingest_case_words'
"""


def word_shares() -> Mapping[str, float]:
    """The common words of all names and the share of cases that has each.

    Shares are of 3,000 cases where there are fewer. They are PostgreSQL's own
    statistics: empty before its first ANALYZE.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SHARES)
        row = cursor.fetchone()
    shares: dict[str, float] = {}
    # Behind the frequencies of the words stand their least and their greatest.
    for word, share in zip(row[0] or (), row[1] or (), strict=False) if row else ():
        key = _singular(word)
        shares[key] = shares.get(key, 0.0) + share * row[2]
    return shares


def told_apart(case: Case) -> Sequence[OtherCase]:
    """What people said of this case and another, newest first. One query."""
    pairs = OtherCase.objects.filter(Q(first=case) | Q(second=case))
    return tuple(pairs.select_related("first", "second").order_by("-at", "pk"))


def members_of(case: int) -> Sequence[GroupedCase]:
    """The confirmed group of a case, itself included, by project; () without one.

    One query.
    """
    group = GroupedCase.objects.filter(case=case).values("group")
    members = GroupedCase.objects.filter(group__in=group).select_related("case")
    return tuple(members.order_by(F("case__project__name"), "pk"))
