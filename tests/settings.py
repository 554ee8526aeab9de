"""Passline's settings, but that a fault of a page stops it instead of being repaired,
and that a password is hashed at once.

Processes that tests start take them too, as far as they take this one's environment.
"""

from __future__ import annotations

from typing import Any, NoReturn

from dashboard.settings import *  # noqa: F403
from dashboard.settings import MIDDLEWARE, TEMPLATES


class MissingVariable(Exception):
    """A template prints something that its context does not have."""


class _Raises(str):
    """Django formats this with the variable's name instead of printing nothing."""

    __slots__ = ()

    def __mod__(self, name: Any) -> NoReturn:
        raise MissingVariable(str(name))


# Ours are found first. Those of Django's admin print what is not there, and may.
(_theirs,) = TEMPLATES
_options = _theirs["OPTIONS"] | {"string_if_invalid": _Raises("%s")}
_ours = _theirs | {"NAME": "ours", "APP_DIRS": False, "OPTIONS": _options}
TEMPLATES = [_ours, _theirs]
# Inside the one that compresses.
_inside = MIDDLEWARE.index("django.middleware.gzip.GZipMiddleware") + 1
MIDDLEWARE = [
    *MIDDLEWARE[:_inside],
    "tests.markup.only_sound_pages",
    *MIDDLEWARE[_inside:],
]
# The real one takes a third of a second for each password and each guess.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
