"""What a message says, whatever it is sent by; nothing in it is marked up yet."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

from dashboard.ui.lengths import cut

LONGEST_SUBJECT = 150
LONGEST_LINE = 300
Level = Literal["info", "good", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A heading with its number, and lines below it."""

    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Every text is plain and of one line. `link` leads to the page behind it and is a key
    to it: it is kept apart from the rest.
    """

    subject: str
    lead: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    level: Level = "info"
    link_text: str = "Open the page"
    link: str = ""

    @classmethod
    def made(cls, **values: Any) -> Self:
        """With each text on one line that is not too long."""
        message = cls(**values)
        return replace(
            message,
            subject=one_line(message.subject, LONGEST_SUBJECT),
            lead=_lines(message.lead),
            notes=_lines(message.notes),
            parts=tuple(
                Part(title=one_line(part.title), lines=_lines(part.lines))
                for part in message.parts
            ),
        )

    def stored(self) -> dict[str, Any]:
        """For the database, without the link."""
        values = asdict(self)
        del values["link"]
        return values

    @classmethod
    def read(cls, values: dict[str, Any], link: str = "") -> Self:
        parts = tuple(
            Part(title=part["title"], lines=tuple(part["lines"]))
            for part in values["parts"]
        )
        texts = {name: tuple(values[name]) for name in ("lead", "notes")}
        return cls(**{**values, **texts, "parts": parts, "link": link})


def one_line(text: str, most: int = LONGEST_LINE) -> str:
    """Without line breaks and other letters that are no text; a header cannot be more."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return cut(" ".join(plain.split()), most)


def _lines(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line for text in texts if (line := one_line(text)))
