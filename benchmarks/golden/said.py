"""What people say of the data, through the forms of its pages, before it is recorded."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """The form of a page whose action ends with `action`, with some fields filled in.

    `{case[0]}` is the first example of a case; a number is that choice of a list.
    """

    page: str
    action: str
    fields: dict[str, str | int] = field(default_factory=dict)
    by: str = "mara"


SAYINGS = [
    Saying(
        page="/cases/{case[0]}/",
        action="/note/",
        fields={
            "owner": "Mara <mara>",
            "issue_url": "https://issues.example/SHOP-1?a=1&b=2",
            "text": "Two lines\nwith <b>markup</b> & a space.",
        },
    ),
    Saying(
        page="/cases/{case[0]}/", action="/note/", by="otto", fields={"owner": "otto"}
    ),
    Saying(
        page="/cases/{case[0]}/",
        action="/mute/",
        fields={"until": "2026-09-10", "reason": "Waits for the vendor"},
    ),
    Saying(
        page="/cases/{case[1]}/",
        action="/mute/",
        by="otto",
        fields={"until": "2026-08-22", "reason": "Known"},
    ),
    Saying(
        page="/cases/{case[2]}/", action="/note/", fields={"text": "Flaky since May"}
    ),
    Saying(page="/cases/{case[0]}/", action="/link/", fields={"case": "{case[1]}"}),
    Saying(
        page="/cases/{case[2]}/", action="/link/", fields={"case": "/cases/{case[3]}/"}
    ),
    Saying(
        page="/runs/{run[0]}/",
        action="/judge/",
        fields={"reason": "The network was down"},
    ),
    Saying(
        page="/projects/{project[0]}/settings/",
        action="/branch/",
        fields={"branch": "main"},
    ),
    Saying(
        page="/projects/{project[0]}/settings/",
        action="/alias/",
        fields={"alias_of": -1},
    ),
    Saying(page="/milestones/{milestone[0]}/", action="/join/", fields={"other": -1}),
    Saying(
        page="/milestones/{milestone[1]}/",
        action="/join/",
        by="otto",
        fields={"other": 1},
    ),
]
