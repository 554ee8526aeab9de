"""The template tag {% table %}: a cell for each column, in the order of the columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any, NamedTuple

from django import template
from django.template.base import FilterExpression, NodeList, Parser, TextNode, Token
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe

from dashboard.ui.tables import Head, Table

# What shows nothing by itself.
_WRAPPERS = re.compile(r"</?(?:span|div|small)\b[^>]*>")


class CellNode(template.Node):
    """What one column prints for `row`; `title` is that of the whole cell."""

    def __init__(self, nodelist: NodeList, title: FilterExpression | None) -> None:
        self.nodelist = nodelist
        self.title = title
        # Mostly it is one tag, and then there is no list to be joined.
        is_one = len(nodelist) == 1
        self.printed: Callable[[Context], Any] = (
            nodelist[0].render_annotated if is_one else nodelist.render
        )

    def render(self, context: Context) -> SafeString:
        printed: SafeString = self.printed(context)
        return printed

    def title_in(self, context: Context) -> str:
        if self.title is None:
            return ""
        return f' title="{escape(str(self.title.resolve(context)))}"'


class TableNode(template.Node):
    child_nodelists = ("all_cells",)

    def __init__(
        self, table: FilterExpression, cells: Mapping[str, CellNode], name: str
    ) -> None:
        self.table = table
        self.cells = cells
        self.name = name
        self.all_cells = NodeList(cells.values())

    def render(self, context: Context) -> SafeString:
        table: Table = self.table.resolve(context)
        cells = [self._cell(head.column.key) for head in table.heads]
        rows = []
        with context.push():
            for row in table.rows:
                context["row"] = row
                rows.append([_Printed.of(cell, context) for cell in cells])
        filled = _filled(table, rows)
        parts = [_opening(replace(table, heads=tuple(table.heads[i] for i in filled)))]
        starts = [(i, _start(table.heads[i].column.cell_css)) for i in filled]
        for printed in rows:
            parts.append("<tr data-row>")
            for i, start in starts:
                parts.append(f"{start}{printed[i].title}>{printed[i].html}</td>")
            parts.append("</tr>\n")
        parts.append("</tbody></table>")
        # Each part is markup of ours or what a template escaped.
        return mark_safe("".join(parts))  # nosec B308 # each part is escaped or ours

    def _cell(self, key: str) -> CellNode:
        try:
            return self.cells[key]
        except KeyError:
            told = f"{self.name}: {{% table %}} has no {{% cell {key} %}}"
            raise template.TemplateSyntaxError(told) from None


class _Printed(NamedTuple):
    title: str
    html: SafeString

    @classmethod
    def of(cls, cell: CellNode, context: Context) -> _Printed:
        return cls(cell.title_in(context), cell.render(context))


def _filled(table: Table, rows: Sequence[Sequence[_Printed]]) -> list[int]:
    """The columns in which any row says something: an empty one would take room from
    names that are cut. One that rows are ordered by stays, and so do all of no rows.
    """
    return [
        index
        for index, head in enumerate(table.heads)
        if not rows or head.sorted or any(_says(row[index].html) for row in rows)
    ]


def _says(html: str) -> bool:
    return bool(_WRAPPERS.sub("", html).strip())


def _start(css: str) -> str:
    return f'<td class="{escape(css)}"' if css else "<td"


def _opening(table: Table) -> str:
    heads = "".join(_head(head, table) for head in table.heads)
    widths = "".join(_col(head) for head in table.heads) if table.is_fixed else ""
    group = f"<colgroup>{widths}</colgroup>" if widths else ""
    css = escape(f"tbl {table.css}".strip())
    return f'<table class="{css}">{group}<thead><tr>{heads}</tr></thead><tbody>\n'


def _col(head: Head) -> str:
    width = head.column.width
    # A column that is left out takes its width along.
    shown = head.column.shown_css
    css = f' class="{escape(shown)}"' if shown else ""
    return f'<col{css} style="width:{escape(width)}">' if width else f"<col{css}>"


def _head(head: Head, table: Table) -> str:
    column = head.column
    # The widths of fixed columns stand before all heads.
    width = "" if table.is_fixed else column.width
    order = {"asc": "ascending", "desc": "descending", "": ""}[head.sorted]
    attributes: dict[str, Any] = {
        "aria-sort": order,
        "class": column.head_css,
        "style": f"width:{width}" if width else "",
    }
    printed = "".join(
        f' {name}="{escape(value)}"' for name, value in attributes.items() if value
    )
    text = escape(column.title)
    if head.href:
        text = f'<a href="{escape(head.href)}" hx-boost="true">{text}</a>'
    return f'<th scope="col"{printed}>{text}</th>'


def do_table(parser: Parser, token: Token) -> TableNode:
    """{% table page.table %}{% cell name title=row.name %}…{% endtable %}."""
    _, *rest = token.split_contents()
    if len(rest) != 1:
        raise template.TemplateSyntaxError("{% table %} takes one table")
    cells: dict[str, CellNode] = {}
    between = parser.parse(("cell", "endtable"))
    if between.render(Context()).strip():
        raise template.TemplateSyntaxError("{% table %} begins with a {% cell %}")
    following = parser.next_token()
    while following.contents != "endtable":
        key, title = _said_of_cell(parser, following)
        cells[key] = CellNode(_trimmed(parser.parse(("cell", "endtable"))), title)
        following = parser.next_token()
    return TableNode(parser.compile_filter(rest[0]), cells, str(parser.origin))


def _trimmed(nodelist: NodeList) -> NodeList:
    """Without the space that stands around it in the template."""
    nodes = list(nodelist)
    for end in (0, -1):
        while nodes and _is_space(nodes[end]):
            nodes.pop(end)
    return NodeList(nodes)


def _is_space(node: template.Node) -> bool:
    return isinstance(node, TextNode) and not node.s.strip()


def _said_of_cell(parser: Parser, token: Token) -> tuple[str, FilterExpression | None]:
    _, key, *rest = token.split_contents()
    if not rest:
        return key, None
    if len(rest) != 1 or not rest[0].startswith("title="):
        raise template.TemplateSyntaxError("{% cell %} takes a key and title=")
    return key, parser.compile_filter(rest[0].removeprefix("title="))
