"""Why a tool gives no answer."""

from __future__ import annotations


class CannotAnswerError(Exception):
    """`sentence` is for whoever asked: what was wrong, and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
