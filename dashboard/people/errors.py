"""Why something about people was not done."""

from __future__ import annotations


class CannotChange(Exception):
    """Nothing was changed; `sentence` says why, and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


LAST_ADMIN = (
    "{name} is the last administrator who can sign in. Make somebody else one first."
)
