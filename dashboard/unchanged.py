"""What was read of the tables, kept in this process while no data changes: an idle
installation is asked the same of the same rows with each page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection

from dashboard.data_version import COMMITTED_VERSION, committed_version
from dashboard.last_used import LastUsed
from dashboard.reading.scope import scope_key
from dashboard.request_cache import cached_in_request, is_in_request

T = TypeVar("T")
# Of all readers and scopes together.
MOST = 96
_known = LastUsed[tuple[str, str, str], tuple[str, Any]](MOST)


def forget() -> None:
    """As when the process began."""
    _known.clear()


def while_unchanged(name: str, load: Callable[[], T]) -> T:
    """What `load` gives, asked again once any data has changed, or for another scope.

    It is shared between threads and requests: nobody may change it, and it goes by no time.
    """
    if not is_in_request():
        return load()
    return cached_in_request(f"{name} {scope_key()}", lambda: _shared(name, load))


def _shared(name: str, load: Callable[[], T]) -> T:
    version = cached_in_request(COMMITTED_VERSION, committed_version)
    if version is None:
        return load()
    place = (str(connection.settings_dict["NAME"]), scope_key(), name)
    if (entry := _known.get(place)) and entry[0] == version:
        found: T = entry[1]
        return found
    value = load()
    # What is not committed yet may never be. What changed since the version was read makes
    # the value newer than its version, and is read again by whoever asks after that.
    if not connection.in_atomic_block or committed_version() == version:
        _known.put(place, (version, value))
    return value
