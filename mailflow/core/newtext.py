"""What the author newly wrote, apart from quote, signature, banner, disclaimer and forward.

Every piece taken away is kept with the rule that took it (`Cut`), so that `explain` can show it.
Rules lean to one side: in doubt a line is quoted, because a quoted line read as new may hold our
own "reply CONFIRM", and a new line taken for quoted only makes us ask again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mailflow.core import footers, quotes
from mailflow.core.html import render
from mailflow.core.hygiene import fold
from mailflow.core.message import Message
from mailflow.core.quoting import cut_tail, mark_quoted, unflow

_MAX_LINES = 4000
_MAX_LINE = 2000
_STRUCK = re.compile(r"~~[^~\n]{1,200}~~")
_PGP_BEGIN = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:[A-Za-z]+: [^\n]*\n)*\n?")
_PGP_END = re.compile(r"-----BEGIN PGP SIGNATURE-----.*", re.S)


@dataclass(frozen=True, slots=True)
class Cut:
    """A piece that is not the author's new text."""

    what: str  # quote, signature, banner, disclaimer, footer, forward, hidden, struck
    why: str  # the rule
    text: str  # the beginning of it


@dataclass(frozen=True, slots=True)
class OwnText:
    """The new text, the forwarded text, and what was taken away.

    `other` is the new text of the other rendition (plain beside HTML) where it differs: a
    decision needs both to agree.
    """

    text: str = ""
    lines: tuple[str, ...] = ()
    forwarded: str = ""
    cut: tuple[Cut, ...] = ()
    other: str | None = None
    source: str = ""  # "html", "plain" or "" where there is no text at all
    names: frozenset[str] = frozenset()  # words of the sender's name and address, folded
    quoted: str = ""  # unmarked text below a cut (an earlier mail), for showing only
    echo: bool = False  # it reads as a letter of a service like this one, not quoted but said


def own_text(message: Message) -> OwnText:
    """The author's new text of a message. Pure, linear, bounded."""
    words = re.findall(r"[^\W\d_]{2,}", fold(f"{message.sender_name} {message.sender}"))
    return replace(_own_text(message), names=frozenset(words))


def _own_text(message: Message) -> OwnText:
    plain = None
    if message.plain is not None and message.plain.strip():
        plain = from_text(message.plain, message, flowed=message.flowed, delsp=message.delsp)
    if not message.html:
        return plain or OwnText(forwarded=_attached(message))
    answer = bool(message.in_reply_to) and not quotes.FORWARD_SUBJECT.match(message.subject)
    shown = render(message.html, below=not answer)
    if not shown.text.strip() and not shown.left_out:
        return plain or OwnText(forwarded=_attached(message))
    rich = from_text(shown.text, message, source="html")
    hidden = tuple(Cut(what, "by the HTML of the mail", text) for what, text in shown.left_out)
    other = None
    if plain is not None and _bare(plain.text) != _bare(rich.text):
        other = plain.text
    echo = rich.echo or (plain is not None and plain.echo)
    return replace(rich, cut=hidden + rich.cut, other=other, echo=echo)


def _bare(text: str) -> str:
    """Letters and digits only: renditions differ in marks and line breaks."""
    return re.sub(r"[\W_]+", "", text)


def _attached(message: Message) -> str:
    return "\n\n".join(message.attached)


def from_text(
    text: str, message: Message, *, source: str = "plain", flowed: bool = False, delsp: bool = False
) -> OwnText:
    """The new text of one rendition."""
    if "-----BEGIN PGP" in text:
        text = _PGP_END.sub("", _PGP_BEGIN.sub("", text, count=1))
    cuts: list[Cut] = []
    if "~~" in text:
        for struck in _STRUCK.findall(text)[:20]:
            cuts.append(Cut("struck", "between ~~ and ~~", struck))
        text = _STRUCK.sub("", text)
    lines = [line[:_MAX_LINE].rstrip() for line in text.split("\n", _MAX_LINES)[:_MAX_LINES]]
    if flowed:
        lines = unflow([line[:_MAX_LINE] for line in text.split("\n")[:_MAX_LINES]], delsp=delsp)
    marked = mark_quoted(lines)
    own, tail, kind, why = cut_tail(marked, message)
    if len(own) < len(marked) and tail:
        cuts.append(Cut(kind, why, _excerpt(tail)))
    quoted = [line for line in own if line is None]
    if quoted:
        cuts.append(Cut("quote", "lines marked as quoted", ""))
    said = " ".join(line for line in own if line)
    kept = _without_signature(own, cuts)
    kept = _without_furniture(kept, cuts)
    while kept and not kept[0].strip():
        del kept[0]
    while kept and not kept[-1].strip():
        del kept[-1]
    forwarded = "\n".join(tail) if kind == "forward" else ""
    if message.attached:
        forwarded = f"{forwarded}\n\n{_attached(message)}".strip("\n")
    return OwnText(
        "\n".join(kept),
        tuple(kept),
        forwarded,
        tuple(cuts),
        source=source,
        quoted="" if kind == "forward" else "\n".join(tail),
        echo=bool(footers.OUR_OWN.search(said)) or (not kept and _begins_as_ours(marked)),
    )


def _begins_as_ours(lines: list[str | None]) -> bool:
    """Whether the first line is the one above which answers to our letters are to be written."""
    first = next((line for line in lines if line is None or line.strip()), None)
    return first is not None and bool(quotes.ABOVE.search(first))


def _excerpt(lines: list[str]) -> str:
    return " / ".join(line.strip() for line in lines if line.strip())[:200]


def _without_signature(lines: list[str | None], cuts: list[Cut]) -> list[str]:
    """Drops `-- ` and what follows up to the next quoted line, and lines of mobile programs."""
    out: list[str] = []
    signature: list[str] = []
    inside = False
    by_mobile = footers.MOBILE.may_match("\n".join(filter(None, lines)))
    for line in lines:
        if line is None:
            inside = False
            if out and out[-1]:
                out.append("")
            continue
        if not inside and line and footers.SIGNATURE.match(line):
            inside = True
            continue
        if inside:
            signature.append(line)
            continue
        if by_mobile and line and len(line) < 120 and footers.MOBILE.match(line):
            cuts.append(Cut("signature", "a mail program's own line", line.strip()[:120]))
            continue
        out.append(line)
    if signature:
        cuts.append(Cut("signature", "below “-- ”", _excerpt(signature)))
    return out


def _without_furniture(lines: list[str], cuts: list[Cut]) -> list[str]:
    """Drops banners, disclaimers and scan notices, paragraph by paragraph, each for itself."""
    out: list[str] = []
    paragraph: list[str] = []
    for line in [*lines, ""]:
        if line.strip() and not quotes.RULE.match(line):
            paragraph.append(line)
            continue
        _settle(paragraph, out, cuts)
        paragraph = []
        out.append("")
    return out[:-1]


def _settle(paragraph: list[str], out: list[str], cuts: list[Cut]) -> None:
    if not paragraph:
        return
    what = footers.furniture(" ".join(paragraph)) if sum(map(len, paragraph)) > 7 else ""
    if not what:
        out.extend(paragraph)
        return
    # A banner of one line may stand directly on the text, a disclaimer directly below it.
    for line in paragraph:
        own = footers.furniture(line)
        if own or what != "banner" or len(paragraph) == 1:
            continue
        if len(line) < 60 and not own:
            out.append(line)
    cuts.append(Cut(what, "a paragraph that a program or a company adds", _excerpt(paragraph)))
