"""Texts that anybody may push: a console's sequences, and HTML."""

from __future__ import annotations

import time

import pytest

from dashboard.ui.text.console import console_html, plain_text
from dashboard.ui.text.markup import sanitised
from dashboard.ui.text.numbers import file_size

CONSOLE = [
    ('a <b> & "c" \'', "a &lt;b&gt; &amp; &quot;c&quot; &#x27;"),
    ("\x1b[31mred\x1b[0m end", '<span class="con-1">red</span> end'),
    ("\x1b[91mred\x1b[39m end", '<span class="con-1">red</span> end'),
    ("\x1b[90mgrey", '<span class="con-8">grey</span>'),
    (
        "\x1b[1;4;32mx\x1b[22my",
        '<span class="con-bold con-line con-2">x</span><span class="con-line con-2">y</span>',
    ),
    (
        "\x1b[41;97mx\x1b[49my",
        '<span class="con-on con-on1">x</span><span class="con-7">y</span>',
    ),
    (
        "\x1b[38;5;200mx\x1b[38;2;1;31;3my\x1b[48;5;2mz",
        'xy<span class="con-on con-on2">z</span>',
    ),
    ("\x1b[2J\x1b[1;1H\x1b]8;;http://evil.example\x07x\x1b]8;;\x1b\\\x1b(B\x07", "x"),
    ("\x1b[31;<b>m", "&gt;m"),
    ("\x1b", ""),
    ("a\r\nb", "a\nb"),
    ("\x1b[" + "9" * 100_000 + "mx", "x"),
]


@pytest.mark.parametrize(("text", "html"), CONSOLE)
def test_a_consoles_text_becomes_classes_and_escaped_letters(text, html):
    assert console_html(text).startswith(html)
    assert "\x1b" not in console_html(text)
    assert "\x1b" not in plain_text(text)


def test_megabytes_of_sequences_take_a_moment():
    began = time.process_time()
    for text in ("\x1b]" * 500_000, "\x1b[" * 500_000, "\x1b[31mx" * 200_000):
        console_html(text)
    assert time.process_time() - began < 10


HTML = [
    ("<p onclick='x()'>a<script>alert(1)</script></p>", "<p>a</p>"),
    ("<style>p{}</style><img src=x onerror=y><b style='x'>a</b>", "<b>a</b>"),
    ("<iframe src=https://a.example></iframe><form action=/x><input></form>", ""),
    ("<svg><script>alert(1)</script></svg><math><mtext>a</mtext></math>", ""),
    ("<a href='javascript:alert(1)'>a</a><a href='/admin/'>b</a>", "<a>a</a><a>b</a>"),
    ("<a href='https://me:pw@a.example/'>a</a>", "<a>a</a>"),
    ("<div id=content class=card>a</div>", "<div>a</div>"),
    ("<table><tr><td colspan=2 onload=x>a</table>", None),
    ("<p>a <b>b", "<p>a <b>b</b></p>"),
]


@pytest.mark.parametrize(("html", "kept"), HTML)
def test_html_keeps_what_shows_text_and_nothing_else(html, kept):
    said = sanitised(html, has_links=True)
    for sign in ("script", "style", "onload", "onclick", "src=", "javascript", "id="):
        assert sign not in said
    if kept is not None:
        assert said.replace(' rel="noopener noreferrer nofollow"', "") == kept


def test_links_of_html_are_for_those_who_may_have_them():
    html = "<a href='https://a.example/?b=1&c'>a</a>"
    assert 'href="https://a.example/?b=1&amp;c"' in sanitised(html, has_links=True)
    assert "a.example" not in sanitised(html, has_links=False)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        *((0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB")),
        *((999_950, "1.0 MB"), (18_048_210, "18.0 MB"), (5 * 10**12, "5,000.0 GB")),
    ],
)
def test_sizes_are_told_by_thousands(size, text):
    assert file_size(size) == text
