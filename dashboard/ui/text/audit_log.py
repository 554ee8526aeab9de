"""What people did, told as sentences: "mara unmuted it" and what was said before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from dashboard.ui.parts import Piece
from dashboard.ui.text.numbers import plural
from dashboard.ui.text.times import moment

Said = Mapping[str, Any]
Moment = Callable[[datetime], str]
# Names of what a note holds, in the order of its form.
_PARTS = {"owner": "owner", "issue_url": "issue", "text": "note"}
# Stands for what the act is about; no text in the database can hold it.
_IT = "\0"
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
    text, detail = _SENTENCES[kind](_Act(it.text, before, after, moment, most))
    first, mark, last = text.partition(_IT)
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


@dataclass(frozen=True, slots=True)
class _Act:
    it: str
    before: Said
    after: Said
    moment: Moment
    most: int

    def quoted(self, text: str) -> str:
        return f"“{self.short(text)}”"

    def short(self, text: str) -> str:
        return text if len(text) <= self.most else f"{text[: self.most - 1]}…"

    def text(self, name: str) -> tuple[str, str]:
        """What was said before and after."""
        return self.before.get(name, ""), self.after.get(name, "")


_Sentence = Callable[[_Act], tuple[str, str]]


def _branch(act: _Act) -> tuple[str, str]:
    was, now = act.text("branch")
    detail = f"was {act.quoted(was)}" if was else "all branches counted before"
    if now:
        return f"let runs on {act.quoted(now)} alone count for {_IT}", detail
    return f"let runs on all branches count for {_IT}", detail


def _alias(act: _Act) -> tuple[str, str]:
    was, now = act.text("counts_as")
    detail = f"counted as {act.quoted(was)} before" if was else ""
    if now:
        return f"let {_IT} count as {act.quoted(now)}", detail
    return f"let {_IT} count as itself", detail


def _judgement(act: _Act) -> tuple[str, str]:
    verdict = act.after.get("verdict", "")
    did = {
        "excluded": f"excluded {_IT} from flakiness",
        "uncounted": f"excluded {_IT} from every number",
        "kept": f"put {_IT} back into flakiness",
    }.get(verdict, f"took back what was said of {_IT}")
    was = ""
    if act.before:
        was = f"was {_JUDGED[act.before['verdict']]}{_reason(act, act.before)}"
    return did, _joined([_because(act, act.after), was])


def _note(act: _Act) -> tuple[str, str]:
    did = f"changed the note of {_IT}"
    if not act.before:
        did = f"wrote a note on {_IT}"
    elif not act.after:
        did = f"emptied the note of {_IT}"
    return did, _joined(_part(act, name, label) for name, label in _PARTS.items())


def _part(act: _Act, name: str, label: str) -> str:
    was, now = act.text(name)
    if was == now:
        return ""
    if now and was:
        return f"{label} {act.quoted(now)}, was {act.quoted(was)}"
    return f"{label} {act.quoted(now)}" if now else f"{label} was {act.quoted(was)}"


def _mute(act: _Act) -> tuple[str, str]:
    was = _muted(act, act.before)
    if not act.after:
        return f"unmuted {_IT}", f"was {was}"
    until = _until(act, act.after)
    did = f"muted {_IT} until {until}"
    if act.before:
        did = f"changed the mute of {_IT} to {until}"
        was = f"was {was}"
    return did, _joined([_because(act, act.after), was])


def _muted(act: _Act, said: Said) -> str:
    """ "muted until 3 Dec: sandbox is down"."""
    if not said:
        return ""
    return f"muted until {_until(act, said)}{_reason(act, said)}"


def _until(act: _Act, said: Said) -> str:
    # A mute ends with a day, so that its hour says nothing.
    until = act.moment(datetime.fromisoformat(said["until"]))
    return "today" if until == "00:00" else until.removesuffix(" 00:00")


def _because(act: _Act, said: Said) -> str:
    return act.short(said.get("reason", ""))


def _reason(act: _Act, said: Said) -> str:
    """ ": sandbox is down", "" without one."""
    because = _because(act, said)
    return f": {because}" if because else ""


def _same_test(act: _Act) -> tuple[str, str]:
    was, now = act.before.get("with", ()), act.after.get("with", ())
    why = act.after.get("because", "")
    if new := [one for one in now if one["case"] not in {o["case"] for o in was}]:
        return f"linked {_IT} to {_tests(act, new)}", why
    gone = [one for one in was if one["case"] not in {o["case"] for o in now}]
    return f"unlinked {_IT} from {_tests(act, gone)}", why


def _apart(act: _Act) -> tuple[str, str]:
    if act.after:
        return f"told {_IT} apart from {_tests(act, [act.after])}", ""
    other = _tests(act, [act.before])
    return f"took back that {_IT} is another test than {other}", ""


def _tests(act: _Act, tests: Iterable[Said]) -> str:
    return ", ".join(f"{act.quoted(one['name'])} ({one['project']})" for one in tests)


def _join(act: _Act) -> tuple[str, str]:
    return f"joined {_IT} to {act.quoted(act.after['name'])}", _part_of(act)


def _split(act: _Act) -> tuple[str, str]:
    if not act.before:
        return f"split {_IT} off as a milestone of its own", ""
    return f"split {_IT} off {act.quoted(act.before['name'])}", ""


def _part_of(act: _Act) -> str:
    """What it was a part of, unless that was a milestone of its own."""
    was = act.before.get("name", "")
    return f"was part of {act.quoted(was)}" if was and was not in act.it else ""


def _start(act: _Act) -> tuple[str, str]:
    return f"started a run of {_IT}", _asked_for(act)


def _new_test(act: _Act) -> tuple[str, str]:
    return f"made a test of {_IT} at its tool", _asked_for(act)


def _asked_for(act: _Act) -> str:
    """The vendor's fields and what was given for them."""
    asked = act.after.get("values", {})
    return _joined(
        f"{name} {act.short(_plain(value))}" for name, value in asked.items()
    )


def _change(act: _Act) -> tuple[str, str]:
    was, now = act.text("name")
    name = f"name {act.quoted(now)}, was {act.quoted(was)}" if now else ""
    linked = ""
    if "milestones" in act.after:
        names = ", ".join(map(act.quoted, act.after["milestones"])) or "none"
        linked = f"milestone {names}"
    return f"changed {_IT} at its tool", _joined([name, linked])


def _close(act: _Act) -> tuple[str, str]:
    return f"closed {_IT} at its tool", ""


def _relay(act: _Act) -> tuple[str, str]:
    number = plural(act.after.get("requests", 0), "request")
    if act.after.get("decision") == "leave out":
        return f"left out {number} of {_IT} that its tool did not take", ""
    return f"had {number} of {_IT} sent to its tool again", ""


def _rerun(act: _Act) -> tuple[str, str]:
    what = (
        "what failed in " if act.after.get("values", {}).get("only") == "failed" else ""
    )
    return f"ran {what}{_IT} again", ""


def _plain(value: Any) -> str:
    """A value of a vendor's: a text as it is, a list with commas, else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(part for part in parts if part)


def _sign_in(act: _Act) -> tuple[str, str]:
    return "signed in", _told(act.after)


def _sign_in_failed(act: _Act) -> tuple[str, str]:
    return f"could not sign in as {_IT}", _told(act.after)


def _lock_out(act: _Act) -> tuple[str, str]:
    return f"too many tries to sign in as {_IT}, which were not looked at", _told(
        act.after
    )


def _sign_out(act: _Act) -> tuple[str, str]:
    return "signed out", _told(act.after)


def _password(act: _Act) -> tuple[str, str]:
    if "link" in act.after:
        return f"made a link to set a password for {_IT}", ""
    return f"changed the password of {_IT}", _told(act.after)


def _second_factor(act: _Act) -> tuple[str, str]:
    if not act.after:
        return f"switched off a second way to prove who {_IT} is", _told(act.before)
    return f"changed how {_IT} proves who they are", _told(act.after)


def _thing(what: str, made: str = "made", gone: str = "deleted") -> _Sentence:
    """Of whatever is made, changed and gone, with what of it changed."""

    def sentence(act: _Act) -> tuple[str, str]:
        if not act.before:
            return f"{made} {what}{_IT}", act.short(_told(act.after))
        if not act.after:
            return f"{gone} {what}{_IT}", act.short(_told(act.before))
        return f"changed {what}{_IT}", act.short(_changes(act.before, act.after))

    return sentence


def _site_admin(act: _Act) -> tuple[str, str]:
    return f"{act.after.get('did', 'changed')} {_IT} in the site administration", (
        act.short(str(act.after.get("what", "")))
    )


def _told(said: Said) -> str:
    """ "role viewer; teams Web, Mobile"."""
    return _joined(f"{name} {_or_none(value)}" for name, value in said.items() if value)


def _changes(before: Said, after: Said) -> str:
    """ "role viewer → editor"."""
    names = [*before, *(name for name in after if name not in before)]
    return _joined(
        f"{name} {_or_none(before.get(name))} → {_or_none(after.get(name))}"
        for name in names
        if before.get(name) != after.get(name)
    )


def _or_none(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _plain(value) if value else "none"


_SENTENCES: Mapping[str, _Sentence] = {
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
    "sign_in": _sign_in,
    "sign_in_failed": _sign_in_failed,
    "lock_out": _lock_out,
    "sign_out": _sign_out,
    "password": _password,
    "second_factor": _second_factor,
    "person": _thing("", "made the person"),
    "team": _thing("the team "),
    "visibility": _thing("who sees ", "chose", "opened"),
    "invitation": _thing("the invitation ", "made", "took back"),
    "token": _thing("", "made", "revoked"),
    "connection": _thing("the connection "),
    "project": _thing("the project "),
    "share": _thing("the share link ", "made", "revoked"),
    "embed": _thing("the embedded picture ", "made", "revoked"),
    "digest": _thing("the digest "),
    "site_admin": _site_admin,
}
