"""What a pushed request may get wrong; every format words it as its vendor does."""

from __future__ import annotations

from collections.abc import Mapping


class IntakeError(Exception):
    """A request that is refused; nothing of it was stored. Its text is for people."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class InvalidError(IntakeError):
    """`errors`: what is wrong, by the field's place in the request ("tests.4.key")."""

    def __init__(
        self, sentence: str, errors: Mapping[str, list[str]] | None = None
    ) -> None:
        super().__init__(sentence)
        self.errors = dict(errors or {})


class ClosedError(IntakeError):
    """The run or thread takes nothing more."""


class UnknownRunError(IntakeError):
    """There is no such run or thread, or not for this token."""
