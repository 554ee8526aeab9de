"""Tables as they are declared: columns that a list can fill and order, cells and heads."""

from __future__ import annotations

from dataclasses import fields

import pytest
from django.template import Context, Template, TemplateSyntaxError
from selectolax.lexbor import LexborHTMLParser

from dashboard.lists import FLAKY, RESULTS, RUNS, Listing, Ranking
from dashboard.lists.failures import FAILURES
from dashboard.pages.failures import page as failures
from dashboard.pages.flaky import table as flaky
from dashboard.ui import result_rows, run_rows
from dashboard.ui.tables import Column, sorts, table

COLUMNS = (
    Column("name", "Name", sort="name", css="a"),
    Column("size", "Size", sort="-size", css="num", width="50px", from_px=1280),
    Column("note", "Note"),
)
ROWS = [{"name": 'a "b"', "size": 3, "note": "x"}, {"name": "c", "size": 4, "note": ""}]
CELLS = (
    "{% cell note %}{{ row.note }}"
    "{% cell name title=row.name %}<b>{{ row.name }}</b>"
    "{% cell size %}{{ row.size }}"
)


def printed(cells: str = CELLS, css: str = "", current: str = "-size", rows=None):
    template = Template(
        "{% load passline %}{% table table %}" + cells + "{% endtable %}"
    )
    shown = table(
        COLUMNS,
        ROWS if rows is None else rows,
        css=css,
        default_sort=current,
        sort_href=lambda sort: f"?{sort}",
    )
    return LexborHTMLParser(template.render(Context({"table": shown})))


@pytest.mark.parametrize(
    ("columns", "listing"),
    [
        pytest.param(flaky.COLUMNS, FLAKY, id="flaky"),
        pytest.param(failures.COLUMNS, FAILURES, id="failures"),
        pytest.param(run_rows.COLUMNS, RUNS, id="runs"),
        pytest.param(run_rows.COLUMNS_OF_PROJECT, RUNS, id="runs-of-project"),
        pytest.param(result_rows.COLUMNS, RESULTS, id="results"),
    ],
)
def test_a_column_shows_and_sorts_by_what_its_list_has(
    columns: tuple[Column, ...], listing: Listing | Ranking
):
    shown = {column.field.partition(".")[0] for column in columns if column.field}
    assert shown
    assert shown <= {field.name for field in fields(listing.row)}
    assert sorts(columns)
    assert {*sorts(columns)} <= {*listing.accepts.sorts}


def test_cells_stand_in_the_order_of_the_columns_whatever_that_of_the_template():
    first, second = printed().css("tbody tr")
    assert [cell.text() for cell in first.css("td")] == ['a "b"', "3", "x"]
    assert [cell.text() for cell in second.css("td")] == ["c", "4", ""]
    assert first.css("td")[0].attributes == {"class": "a", "title": 'a "b"'}


def test_a_second_click_turns_the_order_round_and_a_first_one_takes_the_usual():
    name, size, note = printed().css("th")
    assert name.css("a")[0].attributes["href"] == "?name"
    assert size.css("a")[0].attributes["href"] == "?size"
    assert size.attributes["aria-sort"] == "descending"
    assert "aria-sort" not in name.attributes
    assert not note.css("a")


def test_a_column_that_is_left_out_on_small_screens_takes_its_width_along():
    columns = printed(css="fixed").css("col")
    assert [column.attributes for column in columns] == [
        {},
        {"class": "from-1280", "style": "width:50px"},
        {},
    ]
    assert not printed().css("col")
    assert printed().css("th")[1].attributes["class"] == "num from-1280"
    assert printed().css("tbody td.from-1280")[0].text() == "3"


def test_a_column_in_which_no_row_says_anything_leaves_its_room_to_the_others():
    rows = [row | {"note": ""} for row in ROWS]
    assert [head.text() for head in printed(rows=rows).css("th")] == ["Name", "Size"]
    first, _ = printed(rows=rows).css("tbody tr")
    assert [cell.text() for cell in first.css("td")] == ['a "b"', "3"]
    wrapped = CELLS.replace("{{ row.note }}", '<span title="">{{ row.note }}</span>')
    assert len(printed(wrapped, rows=rows).css("th")) == 2
    assert len(printed(wrapped).css("th")) == 3
    drawn = CELLS.replace("{{ row.note }}", "<span><svg></svg></span>")
    assert len(printed(drawn, rows=rows).css("th")) == 3
    assert [head.text() for head in printed().css("th")] == ["Name", "Size", "Note"]
    assert len(printed(rows=[]).css("th")) == 3


def test_a_column_that_orders_the_rows_stays_when_it_is_empty():
    cells = CELLS.replace("{{ row.size }}", "")
    assert [h.text() for h in printed(cells).css("th")] == ["Name", "Size", "Note"]
    assert len(printed(cells, current="name").css("th")) == 2


def test_a_column_without_a_cell_is_named():
    with pytest.raises(TemplateSyntaxError, match="has no {% cell size %}"):
        printed(CELLS.partition("{% cell size %}")[0])
