# ruff: noqa: E501 - tables of patterns are easier to compare on long lines
"""A request as people write it, read into fields (DOMAIN.md §7).

Only lines that name a field count. Prose is not mined for values in silence: it is answered with
a form that is filled in with what we saw. Own text beats forwarded text; quoted mail of ours is
never read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mailflow.core.address import find_addresses
from mailflow.core.commands import Submission
from mailflow.core.hygiene import clean_line, fold
from mailflow.core.language import detect
from mailflow.core.leftover import leftover, taken
from mailflow.core.lines import Entry, entries_of
from mailflow.core.newtext import OwnText
from mailflow.core.policy import Policy
from mailflow.core.proposed import proposed
from mailflow.core.request import FIELD_NAMES, Fields, Problem, Provenance
from mailflow.core.values import is_absent, read_value

_SUBJECT = re.compile(
    r"(?:account|cuenta|conta|compte|konto|accounts)\b(?: request| solicitud| pedido| demande| anfrage)?\s*"
    r"(?:for|para|pour|fur|für|of|de|do|da|[:\-–])\s*(?:customer |cliente |client |kunde |el cliente |la empresa |o cliente |le client )?(.{2,120})$",
    re.I,
)
#: What programs set before the subject of an answer or a forward, in some fifteen languages.
_PASSED_ON = re.compile(
    r"\s*(?:re|aw|antw|antwort|rv|fwd?|fw|enc|res|resp|tr|wg|rif|r|i|sv|vs|vl|vb|ref|odp|pd|ynt|ilt|reenv|"
    r"回复|回覆|答复|转发|轉寄|返信|転送)\s*(?:\[\d+\]|\(\d+\))?\s*[:：]",
    re.I,
)

#: Addresses of a prose mail that are worth proposing; who names more is asked plainly.
_MAX_MENTIONED = 5


def read_form(own: OwnText, subject: str, policy: Policy, *, answers: bool = False) -> Submission:
    """The request in a first mail.

    Args:
        own: New text and forwarded text of the mail.
        subject: May carry the account name ("New account: Acme Iberia"), but not that of an answer
            or a forward: it is somebody else's, as often as not ours.
        policy: Reserved for limits of reading; values are judged by `core.check`.
        answers: Whether the mail answers a letter of ours, so that its subject is ours.

    Returns:
        Fields with provenance; problems that the reading itself found. `labelled` is false where
        no line names a field: then the fields hold only what a form may be filled in with.
    """
    del policy  # limits belong to core.check, which also knows who asks
    own_part = read_lines(own.lines, own.names)
    result = own_part
    if own.forwarded:
        result = _with_forwarded(own_part, read_lines(own.forwarded.split("\n")))
    language = detect(own.text) or detect(own.forwarded) or detect(subject)
    # Who is named needs no proposal.
    meant = Fields() if result.fields.customer_email else proposed(own.text, own.names)
    mentioned = () if result.labelled else find_addresses(own.text)[:_MAX_MENTIONED]
    result = replace(result, language=language, proposed=meant, mentioned=mentioned)
    if not answers and not result.fields.account_name and (name := subject_name(subject)):
        result = replace(
            result,
            fields=replace(result.fields, account_name=name),
            provenance={**result.provenance, "account_name": Provenance.SUBJECT},
        )
    return result


def subject_name(subject: str) -> str:
    """The account name in a subject such as "Smart Account request for Acme Iberia", or ""."""
    line = clean_line(subject)
    match = None if is_passed_on(line) else _SUBJECT.search(line)
    if not match:
        return ""
    name = match.group(1).strip(" :-–\"'")
    words = fold(name).split()
    return "" if not words or set(words) <= _GENERIC or "@" in name else name


def is_passed_on(subject: str) -> bool:
    """Whether a subject is that of an answer or a forward.

    >>> is_passed_on("AW: New account"), is_passed_on("[EXT] Re: New account"), is_passed_on("Re")
    (True, True, False)
    """
    return bool(_PASSED_ON.match(_TAGS.sub("", subject, count=1)))


_TAGS = re.compile(r"^\s*(?:\[[^\[\]]{1,30}\]\s*){1,3}")
_GENERIC = frozenset(
    [
        "your",
        "their",
        "su",
        "sus",
        "tu",
        "vuestro",
        "seu",
        "meu",
        "votre",
        "ihr",
        "ihren",
        "a",
        "an",
        "my",
        "our",
        "the",
        "new",
        "customer",
        "client",
        "cliente",
        "un",
        "una",
        "nuevo",
        "nueva",
        "mi",
        "nuestro",
        "o",
        "um",
        "uma",
        "novo",
        "nova",
        "le",
        "mon",
        "notre",
        "nouveau",
        "nouvelle",
        "kunde",
        "neuen",
        "neue",
        "einen",
        "unser",
        "unseren",
        "creation",
        "request",
        "solicitud",
    ]
)


def _with_forwarded(own: Submission, forwarded: Submission) -> Submission:
    """Own values win; what only the forwarded mail says is taken and marked."""
    values: dict[str, Any] = own.fields.given()
    provenance = dict(own.provenance)
    warnings = list(own.warnings)
    told = {p.field for p in own.problems} | set(own.cleared)
    problems = list(own.problems)
    for name, value in forwarded.fields.given().items():
        if name in values or name in told:
            continue
        values[name] = value
        provenance[name] = Provenance.FORWARDED
        shown = value if isinstance(value, str) else ", ".join(value)
        warnings.append(Problem("from_forwarded", name, shown))
    problems += [p for p in forwarded.problems if p.field not in values and p.field not in told]
    return Submission(
        Fields(**values),
        provenance,
        tuple(problems),
        tuple(warnings),
        own.cleared,
        labelled=own.labelled or forwarded.labelled,
        adding=own.adding,
        removed=own.removed,
        leftover=own.leftover,
    )


def read_lines(lines: Sequence[str], names: frozenset[str] = frozenset()) -> Submission:
    """Fields named by lines of text. `labelled` is false when no line names one.

    `names` are the words of the author's name and address: below his name nothing is left over.
    """
    entries, apart = entries_of(lines)
    strong = [entry for entry in entries if not entry.weak]
    if not strong and len({entry.field for entry in entries}) < 2 and not _solid(entries):
        return Submission(labelled=False)
    submission = _submission(entries)
    return replace(submission, leftover=leftover(apart, taken(submission, entries), names))


def _solid(entries: list[Entry]) -> bool:
    """Whether a single weak label carries a value of its own kind ("Domain: acme.example")."""
    return any(
        entry.field in ("account_domain", "user_emails", "customer_email", "note_to_customer")
        and (is_absent(entry.text) or read_value(entry.field, entry.text).valid)
        for entry in entries
    )


def _submission(entries: list[Entry]) -> Submission:
    values: dict[str, Any] = {}
    provenance: dict[str, str] = {}
    problems: list[Problem] = []
    warnings: list[Problem] = []
    cleared: list[str] = []
    conflicts: dict[str, list[str]] = {}
    out = [entry for entry in entries if entry.removes]
    removed = tuple(one for entry in out for one in read_value("user_emails", entry.text).many)
    users = [entry for entry in entries if entry.field == "user_emails" and not entry.removes]
    given: dict[str, list[str]] = {}
    for entry in entries:
        if not entry.removes:
            given.setdefault(entry.field, []).append(entry.text)
    for name in FIELD_NAMES:
        texts = given.get(name)
        if not texts:
            continue
        present = [text for text in texts if not is_absent(text)]
        if not present:
            cleared.append(name)
            continue
        read = [read_value(name, text) for text in present]
        if name == "user_emails":
            values[name] = tuple(one for v in read for one in v.many if one not in removed)
            provenance[name] = Provenance.OWN
            continue
        different = {fold(v.text) for v in read if v.text}
        if len(different) > 1:
            conflicts[name] = [v.text for v in read]
            continue
        best = next((v for v in read if v.text), read[0])
        if best.text:
            values[name] = best.text
            provenance[name] = Provenance.NORMALISED if best.changed else Provenance.OWN
    if len(conflicts) > 1 and {"account_name", "customer_email"} <= set(conflicts):
        problems.append(Problem("several_requests", "", " / ".join(conflicts["account_name"])))
    else:
        problems += [
            Problem(f"conflict:{name}", name, " / ".join(dict.fromkeys(found)))
            for name, found in conflicts.items()
        ]
    return Submission(
        Fields(**values),
        provenance,
        tuple(problems),
        tuple(warnings),
        tuple(cleared),
        adding=bool(users) and all(entry.adds for entry in users),
        removed=removed,
    )
