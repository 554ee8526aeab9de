"""No style is left behind by what it was for."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
# Put into the page by htmx, Plotly and Scalar.
OF_LIBRARIES = {"htmx-request", "modebar-container", "dark-mode", "light-mode"}
CLASS = re.compile(r"\.([a-zA-Z][\w-]*)")
WORD = re.compile(r"[\w-]+")
# class="su-{{ card.key }}", and f"from-{self.from_px}" in Python
COMPOSED = re.compile(r"([\w-]+-)\{\{")
COMPOSED_IN_PYTHON = re.compile(r'f"([a-z]+-)\{')


def _text(*patterns):
    return "\n".join(
        path.read_text() for pattern in patterns for path in ROOT.glob(pattern)
    )


def _classes():
    css = re.sub(r"/\*.*?\*/", "", _text("static/css/*.css"), flags=re.DOTALL)
    return set(CLASS.findall(re.sub(r"\{[^{}]*\}", "{}", css)))


def test_each_class_with_a_style_is_named_where_pages_are_made():
    templates, python = _text("templates/**/*.html"), _text("dashboard/**/*.py")
    words = set(WORD.findall(templates + python + _text("static/js/*.js")))
    begins = COMPOSED.findall(templates) + COMPOSED_IN_PYTHON.findall(python)
    composed = {begin + word for begin in begins for word in words}
    classes = _classes()
    assert "btn" in classes
    assert sorted(classes - words - composed - OF_LIBRARIES) == []
