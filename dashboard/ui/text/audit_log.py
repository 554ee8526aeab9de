"""What people did, told as sentences: "mara unmuted it" and what was said before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from dashboard.ui.parts import Piece
from dashboard.ui.text.times import moment

Said = Mapping[str, Any]
Moment = Callable[[datetime], str]
# Names of what a note holds, in the order of its form.
_PARTS = {"owner": "owner", "issue_url": "issue", "text": "note"}
# Stands for what the act is about; no text in the database can hold it.
_IT = "\0"
_JUDGED = {"excluded": "excluded", "kept": "put back"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """ "unmuted Pay by card", a sentence after a name; `detail` is what else was said."""

    did: tuple[Piece, ...]
    detail: str = ""


def told_act(
    kind: str, it: Piece, before: Said, after: Said, *, moment: Moment, most: int
) -> Told:
    """What somebody did with `it`. Words of people are cut at `most` letters.

    `kind` is a value of ActKind, `before` and `after` are those of the act.
    """
    text, detail = _TELL[kind](_Words(it.text, before, after, moment, most))
    first, _, last = text.partition(_IT)
    pieces = (Piece(text=first), it, Piece(text=last))
    return Told(did=tuple(one for one in pieces if one.text), detail=detail)


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
class _Words:
    it: str
    before: Said
    after: Said
    moment: Moment
    most: int

    def quoted(self, text: str) -> str:
        kept = text if len(text) <= self.most else f"{text[: self.most - 1]}…"
        return f"“{kept}”"


def _branch(words: _Words) -> tuple[str, str]:
    was = words.before.get("branch", "")
    detail = f"was {words.quoted(was)}" if was else "all branches counted before"
    if now := words.after.get("branch", ""):
        return f"let runs on {words.quoted(now)} alone count for {_IT}", detail
    return f"let runs on all branches count for {_IT}", detail


def _alias(words: _Words) -> tuple[str, str]:
    was = words.before.get("counts_as", "")
    detail = f"counted as {words.quoted(was)} before" if was else ""
    if now := words.after.get("counts_as", ""):
        return f"let {_IT} count as {words.quoted(now)}", detail
    return f"let {_IT} count as itself", detail


def _judgement(words: _Words) -> tuple[str, str]:
    verdict = words.after.get("verdict", "")
    did = {
        "excluded": f"excluded {_IT} from flakiness",
        "kept": f"put {_IT} back into flakiness",
    }.get(verdict, f"took back what was said of {_IT}")
    was = ""
    if words.before:
        reason = _because(words, words.before)
        was = f"was {_JUDGED[words.before['verdict']]}{f': {reason}' if reason else ''}"
    return did, _joined([_because(words, words.after), was])


def _note(words: _Words) -> tuple[str, str]:
    did = f"changed the note of {_IT}"
    if not words.before:
        did = f"wrote a note on {_IT}"
    elif not words.after:
        did = f"emptied the note of {_IT}"
    return did, _joined(_part(words, name, label) for name, label in _PARTS.items())


def _part(words: _Words, name: str, label: str) -> str:
    was, now = words.before.get(name, ""), words.after.get(name, "")
    if was == now:
        return ""
    if now and was:
        return f"{label} {words.quoted(now)}, was {words.quoted(was)}"
    return f"{label} {words.quoted(now)}" if now else f"{label} was {words.quoted(was)}"


def _mute(words: _Words) -> tuple[str, str]:
    was = _muted(words, words.before)
    if not words.after:
        return f"unmuted {_IT}", f"was {was}"
    until = _until(words, words.after)
    did = f"muted {_IT} until {until}"
    if words.before:
        did = f"changed the mute of {_IT} to {until}"
        was = f"was {was}"
    return did, _joined([_because(words, words.after), was])


def _muted(words: _Words, said: Said) -> str:
    """ "muted until 3 Dec: sandbox is down"."""
    if not said:
        return ""
    reason = _because(words, said)
    return f"muted until {_until(words, said)}{f': {reason}' if reason else ''}"


def _until(words: _Words, said: Said) -> str:
    # A mute ends with a day, so that its hour says nothing.
    until = words.moment(datetime.fromisoformat(said["until"]))
    return "today" if until == "00:00" else until.removesuffix(" 00:00")


def _because(words: _Words, said: Said) -> str:
    reason: str = said.get("reason", "")
    return reason if len(reason) <= words.most else f"{reason[: words.most - 1]}…"


def _same_test(words: _Words) -> tuple[str, str]:
    was, now = words.before.get("with", ()), words.after.get("with", ())
    why = words.after.get("because", "")
    if new := [one for one in now if one["case"] not in {o["case"] for o in was}]:
        return f"linked {_IT} to {_tests(words, new)}", why
    gone = [one for one in was if one["case"] not in {o["case"] for o in now}]
    return f"unlinked {_IT} from {_tests(words, gone)}", why


def _apart(words: _Words) -> tuple[str, str]:
    if words.after:
        return f"told {_IT} apart from {_tests(words, [words.after])}", ""
    other = _tests(words, [words.before])
    return f"took back that {_IT} is another test than {other}", ""


def _tests(words: _Words, tests: Iterable[Said]) -> str:
    return ", ".join(f"{words.quoted(one['name'])} ({one['project']})" for one in tests)


def _join(words: _Words) -> tuple[str, str]:
    return f"joined {_IT} to {words.quoted(words.after['name'])}", _part_of(words)


def _split(words: _Words) -> tuple[str, str]:
    if not words.before:
        return f"split {_IT} off as a milestone of its own", ""
    return f"split {_IT} off {words.quoted(words.before['name'])}", ""


def _part_of(words: _Words) -> str:
    """What it was a part of, unless that was a milestone of its own."""
    was = words.before.get("name", "")
    return f"was part of {words.quoted(was)}" if was and was not in words.it else ""


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(part for part in parts if part)


_TELL: Mapping[str, Callable[[_Words], tuple[str, str]]] = {
    "branch": _branch,
    "alias": _alias,
    "judgement": _judgement,
    "note": _note,
    "mute": _mute,
    "same": _same_test,
    "apart": _apart,
    "join": _join,
    "split": _split,
}
