"""Messages of megabytes: how much of them stands where many are shown."""

from __future__ import annotations

from dashboard.addresses import address

# Some 16 kB; the whole is in the API's object of the one result.
MOST_LETTERS = 16_384
# What queries take of each: the last one tells that there are more.
HEAD = MOST_LETTERS + 1


def cut_message(head: str, result: int) -> str:
    """The first HEAD letters of a result's message as they are shown in lists: with the
    way to the whole where something is left out. `result` is the API's id.
    """
    if len(head) <= MOST_LETTERS:
        return head
    whole = address("api-results-one", result)
    return f"{head[:MOST_LETTERS]}\n[cut after {MOST_LETTERS:,} letters: see {whole}]"
