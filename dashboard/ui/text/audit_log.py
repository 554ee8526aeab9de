"""What people did, told as sentences: "mara unmuted it" and what was said before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo

from dashboard.ui.parts import Piece
from dashboard.ui.text.audit_people import ABOUT_PEOPLE
from dashboard.ui.text.numbers import plural
from dashboard.ui.text.times import moment
from dashboard.ui.text.told_acts import (
    IT,
    Moment,
    Said,
    Sentence,
    ToldAct,
    joined,
    plain,
)

# Names of what a note holds, in the order of its form.
_PARTS = {"owner": "owner", "issue_url": "issue", "text": "note"}
_JUDGED = {
    "excluded": "excluded from flakiness",
    "uncounted": "excluded from every number",
    "kept": "put back",
}


def act_sentence(
    kind: str, it: Piece, before: Said, after: Said, *, moment: Moment, most: int
) -> tuple[tuple[Piece, ...], str]:
    """What somebody did with `it`, after a name: "unmuted Pay by card", and what else
    was said. Words of people are cut at `most` letters.

    `kind` is a value of ActKind, `before` and `after` are those of the act.
    """
    text, detail = _SENTENCES[kind](ToldAct(it.text, before, after, moment, most))
    first, mark, last = text.partition(IT)
    named = (it,) if mark else ()
    pieces = (Piece(text=first), *named, Piece(text=last))
    return tuple(one for one in pieces if one.text), detail


def changed_meanwhile(
    who: str, what: str, at: datetime, now: datetime, zone: tzinfo, *, is_now: str = ""
) -> str:
    """ "mara changed this note at 11:40, after you opened it. Save again to replace it."

    `is_now` is what it says now, where the page does not show it elsewhere.
    """
    is_today = at.astimezone(zone).date() == now.astimezone(zone).date()
    when = f"{'at' if is_today else 'on'} {moment(at, now, zone)}"
    says = f" It says {is_now} now." if is_now else ""
    return (
        f"{who} changed this {what} {when}, after you opened it.{says} "
        "Save again to replace it."
    )


def _branch(act: ToldAct) -> tuple[str, str]:
    was, now = act.text("branch")
    detail = f"was {act.quoted(was)}" if was else "all branches counted before"
    if now:
        return f"let runs on {act.quoted(now)} alone count for {IT}", detail
    return f"let runs on all branches count for {IT}", detail


def _alias(act: ToldAct) -> tuple[str, str]:
    was, now = act.text("counts_as")
    detail = f"counted as {act.quoted(was)} before" if was else ""
    if now:
        return f"let {IT} count as {act.quoted(now)}", detail
    return f"let {IT} count as itself", detail


def _judgement(act: ToldAct) -> tuple[str, str]:
    verdict = act.after.get("verdict", "")
    did = {
        "excluded": f"excluded {IT} from flakiness",
        "uncounted": f"excluded {IT} from every number",
        "kept": f"put {IT} back into flakiness",
    }.get(verdict, f"took back what was said of {IT}")
    was = ""
    if act.before:
        was = f"was {_JUDGED[act.before['verdict']]}{_reason(act, act.before)}"
    return did, joined([_because(act, act.after), was])


def _note(act: ToldAct) -> tuple[str, str]:
    did = f"changed the note of {IT}"
    if not act.before:
        did = f"wrote a note on {IT}"
    elif not act.after:
        did = f"emptied the note of {IT}"
    return did, joined(_part(act, name, label) for name, label in _PARTS.items())


def _part(act: ToldAct, name: str, label: str) -> str:
    was, now = act.text(name)
    if was == now:
        return ""
    if now and was:
        return f"{label} {act.quoted(now)}, was {act.quoted(was)}"
    return f"{label} {act.quoted(now)}" if now else f"{label} was {act.quoted(was)}"


def _mute(act: ToldAct) -> tuple[str, str]:
    was = _muted(act, act.before)
    if not act.after:
        return f"unmuted {IT}", f"was {was}"
    until = _until(act, act.after)
    did = f"muted {IT} until {until}"
    if act.before:
        did = f"changed the mute of {IT} to {until}"
        was = f"was {was}"
    return did, joined([_because(act, act.after), was])


def _muted(act: ToldAct, said: Said) -> str:
    """ "muted until 3 Dec: sandbox is down"."""
    if not said:
        return ""
    return f"muted until {_until(act, said)}{_reason(act, said)}"


def _until(act: ToldAct, said: Said) -> str:
    # A mute ends with a day, so that its hour says nothing.
    until = act.moment(datetime.fromisoformat(said["until"]))
    return "today" if until == "00:00" else until.removesuffix(" 00:00")


def _because(act: ToldAct, said: Said) -> str:
    return act.short(said.get("reason", ""))


def _reason(act: ToldAct, said: Said) -> str:
    """ ": sandbox is down", "" without one."""
    because = _because(act, said)
    return f": {because}" if because else ""


def _same_test(act: ToldAct) -> tuple[str, str]:
    was, now = act.before.get("with", ()), act.after.get("with", ())
    why = act.after.get("because", "")
    if new := [one for one in now if one["case"] not in {o["case"] for o in was}]:
        return f"linked {IT} to {_tests(act, new)}", why
    gone = [one for one in was if one["case"] not in {o["case"] for o in now}]
    return f"unlinked {IT} from {_tests(act, gone)}", why


def _apart(act: ToldAct) -> tuple[str, str]:
    if act.after:
        return f"told {IT} apart from {_tests(act, [act.after])}", ""
    other = _tests(act, [act.before])
    return f"took back that {IT} is another test than {other}", ""


def _tests(act: ToldAct, tests: Iterable[Said]) -> str:
    return ", ".join(f"{act.quoted(one['name'])} ({one['project']})" for one in tests)


def _join(act: ToldAct) -> tuple[str, str]:
    return f"joined {IT} to {act.quoted(act.after['name'])}", _part_of(act)


def _split(act: ToldAct) -> tuple[str, str]:
    if not act.before:
        return f"split {IT} off as a milestone of its own", ""
    return f"split {IT} off {act.quoted(act.before['name'])}", ""


def _part_of(act: ToldAct) -> str:
    """What it was a part of, unless that was a milestone of its own."""
    was = act.before.get("name", "")
    return f"was part of {act.quoted(was)}" if was and was not in act.it else ""


def _start(act: ToldAct) -> tuple[str, str]:
    return f"started a run of {IT}", _asked_for(act)


def _new_test(act: ToldAct) -> tuple[str, str]:
    return f"made a test of {IT} at its tool", _asked_for(act)


def _asked_for(act: ToldAct) -> str:
    """The vendor's fields and what was given for them."""
    asked = act.after.get("values", {})
    return joined(f"{name} {act.short(plain(value))}" for name, value in asked.items())


def _change(act: ToldAct) -> tuple[str, str]:
    was, now = act.text("name")
    name = f"name {act.quoted(now)}, was {act.quoted(was)}" if now else ""
    linked = ""
    if "milestones" in act.after:
        names = ", ".join(map(act.quoted, act.after["milestones"])) or "none"
        linked = f"milestone {names}"
    return f"changed {IT} at its tool", joined([name, linked])


def _close(act: ToldAct) -> tuple[str, str]:
    return f"closed {IT} at its tool", ""


def _relay(act: ToldAct) -> tuple[str, str]:
    number = plural(act.after.get("requests", 0), "request")
    if act.after.get("decision") == "leave out":
        return f"left out {number} of {IT} that its tool did not take", ""
    return f"had {number} of {IT} sent to its tool again", ""


def _rerun(act: ToldAct) -> tuple[str, str]:
    what = (
        "what failed in " if act.after.get("values", {}).get("only") == "failed" else ""
    )
    return f"ran {what}{IT} again", ""


_SENTENCES: Mapping[str, Sentence] = {
    "branch": _branch,
    "alias": _alias,
    "judgement": _judgement,
    "note": _note,
    "mute": _mute,
    "same": _same_test,
    "apart": _apart,
    "join": _join,
    "split": _split,
    "start": _start,
    "rerun": _rerun,
    "change": _change,
    "close": _close,
    "new_test": _new_test,
    "relay": _relay,
    "relay_tests": _relay,
    **ABOUT_PEOPLE,
}
