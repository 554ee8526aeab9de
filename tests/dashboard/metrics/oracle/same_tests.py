"""How alike two tests are, in fractions, over every pair that there is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

# Some that every list of stop words has; the histories draw no others.
STOP_WORDS = {"the", "a", "of", "and", "to", "with"}
SAYS_NOTHING = STOP_WORDS | {"test", "verify", "check"}
LEAST = Fraction(3, 4)
Shares = Mapping[str, Fraction]


@dataclass(frozen=True)
class Named:
    """A test as it is called."""

    case: int
    project: int
    name: str
    folder: str = ""


def words(text: str) -> frozenset[str]:
    # The capitals and small letters that the histories draw.
    parted = re.sub("(?<=[a-zäéß])(?=[A-ZÄÖ])", " ", text[:500])
    found = {singular(word) for word in re.split(r"[\W_]+", parted.lower()) if word}
    return frozenset(found - SAYS_NOTHING or found)


def singular(word: str) -> str:
    """Of the words that are drawn, all of which form their plural with an s."""
    is_plural = word.endswith("s") and not word.endswith("ss") and len(word) > 3
    return word[:-1] if is_plural else word


def weight(some: Iterable[str], shares: Shares) -> Fraction:
    return sum((1 / (1 + shares.get(word, 0) * 100) for word in some), Fraction(0))


def similarity(first: str, second: str, shares: Shares) -> Fraction:
    a, b = words(first), words(second)
    every = weight(a, shares) + weight(b, shares)
    return 2 * weight(a & b, shares) / every if every else Fraction(0)


def score(one: Named, other: Named, shares: Shares) -> Fraction:
    names = similarity(one.name, other.name, shares)
    if not one.folder or not other.folder:
        return names
    return Fraction(4, 5) * names + similarity(one.folder, other.folder, shares) / 5


def candidates(
    case: Named,
    every: Iterable[Named],
    shares: Shares,
    settled: Collection[int] = (),
    projects: Collection[int] = (),
) -> dict[int, Fraction]:
    """The best match of each other project, unless two share that place."""
    alike: dict[int, list[tuple[Fraction, int]]] = defaultdict(list)
    for other in every:
        is_out = other.case in settled or other.project in {case.project, *projects}
        points = score(case, other, shares)
        if not is_out and points >= LEAST:
            alike[other.project].append((points, other.case))
    best = {}
    for own in alike.values():
        own.sort(reverse=True)
        if len(own) == 1 or own[0][0] > own[1][0]:
            best[own[0][1]] = own[0][0]
    return best
