"""What several starters need: a thing asked for once, and a refusal in the vendor's words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ingest.connectors.reading import envelope
from ingest.contract import PayloadError, VendorError
from ingest.http import ApiClient
from ingest.parse import Row, mapping
from ingest.starting import RefusedError, UnclearError

# Something else might have been asked for; any other refusal is about state or rights.
ABOUT_THE_REQUEST = frozenset({400, 404, 413, 415, 422})
WORDS = ("message", "error", "detail", "statusText")
LONGEST_WORDS = 400


def asked_once(client: ApiClient, method: str, path: str, body: Any = None) -> Any:
    """The parsed answer to what is sent once; raises RefusedError and UnclearError."""
    try:
        return client.request_once(method, path, body)
    except UnclearError:
        raise
    except VendorError as error:
        raise refusal(client.label, error) from None


def refusal(label: str, error: VendorError) -> RefusedError:
    """A vendor's error as a refusal, in its own words where it sent any."""
    code, text = code_and_text(error.answer)
    words = words_of(text)
    sentence = f"{label} refused it ({code}): {words}" if words else error.sentence
    status = 422 if code in ABOUT_THE_REQUEST else 409
    return RefusedError(sentence, status=status, answer=error.answer)


def code_and_text(answer: str) -> tuple[int, str]:
    """The code and body of what VendorError keeps of an answer; 0 where none came."""
    found = re.match(r"HTTP (\d{3})\n(.*)", answer, re.DOTALL)
    return (int(found[1]), found[2]) if found else (0, "")


def words_of(text: str) -> str:
    """What an error's body says to people: its message, else its start as it is."""
    try:
        said = json.loads(text)
    except ValueError:
        # A web page says nothing to people who asked an API.
        return "" if text.lstrip().startswith("<") else text.strip()[:LONGEST_WORDS]
    found = [said.get(key) for key in WORDS] if isinstance(said, dict) else [said]
    texts = [one.strip() for one in found if isinstance(one, str) and one.strip()]
    return (
        ": ".join(dict.fromkeys(texts))[:LONGEST_WORDS] or text.strip()[:LONGEST_WORDS]
    )


@contextmanager
def understood(label: str) -> Iterator[None]:
    """Inside, the answer to what was done is read: one that makes no sense is unclear."""
    try:
        with envelope(label):
            yield
    except PayloadError as error:
        raise UnclearError(
            f"{label} took it, but answered something else than it documents. Look there "
            f"before you try again. ({error.sentence})",
            answer=error.answer,
        ) from None


def refuse_failure(answer: Any, label: str) -> Row:
    """The answer, unless it says `success: false`, which is a refusal with a 200."""
    row = mapping(answer, "the answer")
    if row.get("success") is False:
        words = words_of(json.dumps(row))
        raise RefusedError(f"{label} refused it: {words}", status=422)
    return row
