"""Pages that only say something: not found, not allowed, broken."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.contexts.parts import EmptyState


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage:
    title: str
    state: EmptyState
