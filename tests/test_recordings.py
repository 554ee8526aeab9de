"""What a recording of pages keeps, and what it leaves out."""

from __future__ import annotations

import pytest

from benchmarks.golden import difference, printed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<ul><li>a</li><li>b</li></ul>", "<ul>\n  <li>\n a\n</li>\n<li>b</li>\n</ul>"),
        ("<p>a <b>b</b> c</p>", "<p>\n  a\n  <b>b</b>\n  c\n</p>"),
        ('<a class="n x" href="/">a</a>', '<a\n  href="/"\n  class="n\n x">a</a>'),
        ("<td><b>a</b></td>", "<td> <b>a</b> </td>"),
        ("<button>a</button> b", "<button> a </button>\nb"),
        (
            '<script type="application/json">{"a": [1]}</script>',
            '<script type="application/json">{"a":[1]}</script>',
        ),
    ],
)
def test_a_wrapped_template_makes_no_difference(one, other):
    assert printed.html(one) == printed.html(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>a <b>b</b></p>", "<p>a<b>b</b></p>"),
        ("<p>a b</p>", "<p>ab</p>"),
        ("<p>a\N{NO-BREAK SPACE}b</p>", "<p>a b</p>"),
        ("<a>a</a> <a>b</a>", "<a>a</a><a>b</a>"),
        ("<b>a</b><button>b</button>", "<b>a</b> <button>b</button>"),
        ("<pre>a  b</pre>", "<pre>a b</pre>"),
        ("<textarea>a\nb</textarea>", "<textarea>a b</textarea>"),
        ('<a title="a">a</a>', '<a title="b">a</a>'),
        ("<input disabled>", "<input>"),
        ("<p>a<p>b", "<p>a b"),
    ],
)
def test_what_a_reader_would_notice_makes_a_difference(one, other):
    assert printed.html(one) != printed.html(other)


def test_the_same_change_of_many_pages_is_told_once(tmp_path, capsys):
    for folder, title in (("before", "Run"), ("after", "Runs")):
        for name in ("a", "b"):
            path = tmp_path / folder / f"{name}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"<title>\n{title}\n</title>\n{name}\n")
    assert difference.compare(tmp_path / "before", tmp_path / "after") == 2
    told = capsys.readouterr().out
    assert "the same change in 2 files" in told
    assert told.count("+Runs") == 1
    assert difference.compare(tmp_path / "after", tmp_path / "after") == 0
