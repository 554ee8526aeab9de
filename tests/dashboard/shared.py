"""Rows that all tests of a module read, stored once in a transaction around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from django.db import transaction

T = TypeVar("T")


@contextmanager
def stored_once(
    request: pytest.FixtureRequest, blocker: Any, make: Callable[[], T]
) -> Iterator[T]:
    """What `make` stored, for a fixture of a module.

    Each test's own transaction lies within this one, and undoes what it changed. Give
    each a copy of the instances, and an empty cache: ids and versions are the same.
    """
    _insist_that_all_ask(request)
    with blocker.unblock(), transaction.atomic():
        rows = make()
        with blocker.block():
            yield rows
        transaction.set_rollback(True)


def _insist_that_all_ask(request: pytest.FixtureRequest) -> None:
    """A test that did not ask for the rows would find them, or not, by its place."""
    for item in request.session.items:
        asks = request.fixturename in getattr(item, "fixturenames", ())
        if item.getparent(pytest.Module) is request.node and not asks:
            pytest.fail(
                f"{item.nodeid} must ask for {request.fixturename} as others do"
            )
