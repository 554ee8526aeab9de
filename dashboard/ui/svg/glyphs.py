"""Status glyphs: one shape and one sign for each state, readable without colour."""

from __future__ import annotations

from html import escape

# Signs are stroked in the surface's colour, so that they look cut out.
_S = 'stroke="var(--surface)" fill="none"'
_CHECK = '<path d="M4.9 8.3l2.1 2.1 4.2-4.4" {0} stroke-width="1.8"/>'
_CROSS = "M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6"
_SHAPES = {
    "pass": '<circle cx="8" cy="8" r="7" fill="var(--pass)"/>' + _CHECK.format(_S),
    "fail": '<rect x="1.2" y="1.2" width="13.6" height="13.6" rx="3" '
    f'fill="var(--fail)"/><path d="{_CROSS}" {_S} stroke-width="1.9"/>',
    "err": '<path d="M8 1.1L15.4 14.4a.6.6 0 0 1-.5.9H1.1a.6.6 0 0 1-.5-.9z" '
    f'fill="var(--err)"/><path d="M8 5.8v4.2M8 12.4v.1" {_S} stroke-width="1.8"/>',
    "block": '<path d="M5.1 1.2h5.8l3.9 3.9v5.8l-3.9 3.9H5.1l-3.9-3.9V5.1z" '
    'fill="none" stroke="var(--block)" stroke-width="1.7"/>'
    '<path d="M4.6 8h6.8" stroke="var(--block)" stroke-width="1.9"/>',
    "skip": '<circle cx="8" cy="8" r="6.4" fill="none" stroke="var(--skip)" '
    'stroke-width="1.5"/><path d="M5.3 5.3l2.7 2.7-2.7 2.7M8.6 5.3l2.7 2.7-2.7 2.7" '
    'fill="none" stroke="var(--skip)" stroke-width="1.4"/>',
    "run": '<circle cx="8" cy="8" r="6.4" fill="none" stroke="var(--run)" '
    'stroke-width="1.7" stroke-dasharray="3.2 2.6"/>'
    '<circle cx="8" cy="8" r="1.8" fill="var(--run)"/>',
    "unknown": '<circle cx="8" cy="8" r="6.4" fill="none" stroke="var(--run)" '
    'stroke-width="1.7" stroke-dasharray="3.2 2.6"/><path d="M6.2 6.4c0-2.4 3.6-2.3 '
    '3.6-.2 0 1.2-1.8 1.4-1.8 2.8M8 11.1v.1" fill="none" stroke="var(--run)" '
    'stroke-width="1.5"/>',
    "attempt": '<path d="M4.4 1.6L8 5.2l3.6-3.6 2.8 2.8L10.8 8l3.6 3.6-2.8 2.8L8 10.8l-3.6 '
    '3.6-2.8-2.8L5.2 8 1.6 4.4z" fill="none" stroke="var(--fail)" stroke-width="1.4"/>',
    "retry": '<circle cx="8" cy="8" r="6.3" fill="none" stroke="var(--pass)" '
    'stroke-width="1.8"/><path d="M2.5 4.8a6.3 6.3 0 0 1 11 0" fill="none" '
    'stroke="var(--fail)" stroke-width="2.6"/>'
    + _CHECK.format('stroke="var(--pass)" fill="none"'),
    "flaky": '<path d="M8 .8L15.2 8 8 15.2.8 8z" fill="var(--flaky)"/>'
    f'<path d="M4.7 8.6c1-2 2.1-2 3.3-.6s2.3 1.4 3.3-.6" {_S} stroke-width="1.6"/>',
    "fixed": '<circle cx="8" cy="8" r="6.3" fill="none" stroke="var(--pass)" '
    'stroke-width="1.8"/>' + _CHECK.format('stroke="var(--pass)" fill="none"'),
    "still": '<rect x="2" y="2" width="12" height="12" rx="3" fill="none" '
    'stroke="var(--fail)" stroke-width="1.8"/><path d="M5.6 5.6l4.8 4.8M10.4 '
    '5.6l-4.8 4.8" fill="none" stroke="var(--fail)" stroke-width="1.7"/>',
    "fresh": '<circle cx="8" cy="8" r="5.6" fill="var(--pass)"/>',
    "syncing": '<circle cx="8" cy="8" r="5" fill="none" stroke="var(--run)" '
    'stroke-width="2" stroke-dasharray="20 12"/>',
    "stale": '<path d="M8 2.4L14 13.2H2z" fill="none" stroke="var(--flaky)" '
    'stroke-width="1.8"/><path d="M8 6.4v3M8 11.2v.1" fill="none" '
    'stroke="var(--flaky)" stroke-width="1.6"/>',
    "failing": '<rect x="2.6" y="2.6" width="10.8" height="10.8" rx="2.6" '
    f'fill="var(--fail)"/><path d="M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4" {_S} '
    'stroke-width="1.7"/>',
    "paused": '<path d="M5.6 4v8M10.4 4v8" stroke="var(--skip)" stroke-width="2.2"/>',
}
GLYPHS = frozenset(_SHAPES)


def glyph(name: str, size: int = 13, label: str = "") -> str:
    """The glyph as SVG, `size` in px. Without `label` a word must stand beside it.

    Raises KeyError for a name that is not in GLYPHS.
    """
    named = (
        f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    )
    return (
        f'<svg class="glyph" width="{size}" height="{size}" viewBox="0 0 16 16" '
        f'stroke-linecap="round" stroke-linejoin="round" {named}>'
        f"{_SHAPES[name]}</svg>"
    )
