"""What the author newly wrote, apart from quote, signature, banner, disclaimer and forward.

Every piece taken away is kept with the rule that took it (`Cut`), so that `explain` can show it.
Rules lean to one side: in doubt a line is quoted, because a quoted line read as new may hold our
own "reply CONFIRM", and a new line taken for quoted only makes us ask again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mailflow.core import footers, quotes
from mailflow.core.html import CUT, render
from mailflow.core.hygiene import fold
from mailflow.core.message import Message

_MAX_LINES = 4000
_MAX_LINE = 2000
_ATTRIBUTION = 400  # characters; longer lines are no "on … wrote"
_WRAP = 60  # a quoted line at least so long may have lost its end to the wrapping of a client
_STRUCK = re.compile(r"~~[^~\n]{1,200}~~")
_PGP_BEGIN = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:[A-Za-z]+: [^\n]*\n)*\n?")
_PGP_END = re.compile(r"-----BEGIN PGP SIGNATURE-----.*", re.S)
_QUOTED = re.compile(r" {0,3}(?:[A-Za-z]{1,3})?>|\s*[|│┃]\s|\s*＞")
#: "3 мар. 2025 г. в 10:11, Requests <a@b>:": no verb, but a date, an address and a colon.
_NAMED = re.compile(r"<[^<>\s]+@[^<>\s]+>\s*[:：]$")
_ESCAPED_FROM = re.compile(r">From ")


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
    return replace(rich, cut=hidden + rich.cut, other=other)


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
        lines = _unflow([line[:_MAX_LINE] for line in text.split("\n")[:_MAX_LINES]], delsp=delsp)
    marked = _mark_quoted(lines)
    own, tail, kind, why = _cut_tail(marked, message)
    if len(own) < len(marked) and tail:
        cuts.append(Cut(kind, why, _excerpt(tail)))
    quoted = [line for line in own if line is None]
    if quoted:
        cuts.append(Cut("quote", "lines marked as quoted", ""))
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
    )


def _excerpt(lines: list[str]) -> str:
    return " / ".join(line.strip() for line in lines if line.strip())[:200]


def _unflow(lines: list[str], *, delsp: bool) -> list[str]:
    """Paragraphs of format=flowed put together again (RFC 3676 s4.1–4.5)."""
    out: list[str] = []
    open_depth = -1
    for raw in lines:
        depth = len(raw) - len(raw.lstrip(">"))
        text = raw[depth:]
        if text.startswith(" "):
            text = text[1:]
        soft = text.endswith(" ") and text != "-- "
        if open_depth == depth and out and text != "-- ":
            out[-1] += text
        else:
            out.append(("> " if depth else "") + text)
        if soft:
            open_depth = depth
            if delsp:
                out[-1] = out[-1][:-1]
        else:
            open_depth = -1
    return [line if line == "-- " else line.rstrip() for line in out]


def _mark_quoted(lines: list[str]) -> list[str | None]:
    """Lines that carry a quotation mark become None; so do the torn ends of wrapped ones."""
    out: list[str | None] = []
    torn = False
    for number, line in enumerate(lines):
        if _QUOTED.match(line) and not _ESCAPED_FROM.match(line):
            out.append(None)
            torn = len(line) >= _WRAP and line[-1] not in ".!?:;"
            continue
        if torn and line.strip():
            following = lines[number + 1] if number + 1 < len(lines) else ""
            if _QUOTED.match(following) or line[:1].islower():
                out.append(None)
                torn = False
                continue
        torn = False
        out.append(line)
    return out


def _cut_tail(
    lines: list[str | None], message: Message
) -> tuple[list[str | None], list[str], str, str]:
    """(what is above, what is below, "quote" or "forward", the rule) of the first unmarked cut.

    An attribution above marked lines is taken away alone: the author may go on below the quote.
    """
    out: list[str | None] = list(lines)
    for number, line in enumerate(lines):
        if line is None or not line:
            continue
        start, kind, why = number, "", ""
        if line == CUT:
            kind, why = "quote", "the mail program's mark in the HTML"
        elif ":" in line or "：" in line or line[-1] in "道书説":
            if _header_block(lines, number):
                kind, why = "quote", "header lines of an earlier mail"
            if not kind:
                begin = _attribution(lines, number)
                if begin >= 0:
                    if _quoted_next(lines, number):
                        for at in range(begin, number + 1):
                            out[at] = None
                        continue
                    start, kind, why = begin, "quote", "an “on … wrote” line"
        if not kind and (mark := quotes.ruled(line)):
            kind = "forward" if mark == "forward" else "quote"
            why = "a separator line of a mail program"
        if not kind and quotes.ABOVE.search(line):
            kind, why = "quote", "the “reply above this line” mark"
        if kind:
            tail = [text for text in lines[start:] if text is not None and text != CUT]
            if kind == "quote" and _is_forward(tail, message):
                kind = "forward"
            return out[:start], tail, kind, why
    return out, [], "", ""


def _quoted_next(lines: list[str | None], number: int) -> bool:
    for line in lines[number + 1 : number + 4]:
        if line is None:
            return True
        if line.strip():
            return False
    return False


def _header_block(lines: list[str | None], number: int) -> bool:
    """Whether a header block of an earlier mail begins here: From, and two more of its kind."""
    first = lines[number] or ""
    labels = (quotes.FROM_LABEL, quotes.DATE_LABEL, quotes.SUBJECT_LABEL)
    if not any(label.match(first) for label in labels):
        return False
    if quotes.ONE_LINE_BLOCK.match(first):
        return True
    kinds: set[str] = set()
    misses = 0
    for line in lines[number : number + 12]:
        if line is None:
            break
        if not line.strip():
            if kinds and len(kinds) > 1:
                break
            continue
        if quotes.FROM_LABEL.match(line):
            kinds.add("from")
        elif quotes.DATE_LABEL.match(line):
            kinds.add("date")
        elif quotes.SUBJECT_LABEL.match(line):
            kinds.add("subject")
        elif quotes.TO_LABEL.match(line):
            kinds.add("to")
        elif not quotes.OTHER_LABEL.match(line):
            misses += 1  # a folded list of recipients
            if misses > 2:
                break
    return "from" in kinds and len(kinds) >= 3


def _attribution(lines: list[str | None], number: int) -> int:
    """Number of the line where an attribution that ends here begins, or -1."""
    last = (lines[number] or "").rstrip(" *_")
    if not last or (last[-1] not in ":：" and "写道" not in last):
        return -1
    text = last
    quoted = _quoted_next(lines, number)
    for back in range(4):
        at = number - back
        line = lines[at] if at >= 0 else None
        if line is None or (back and not line.strip()) or len(text) > _ATTRIBUTION:
            break
        if back:
            text = f"{line.strip()} {text}"
        wrote = quotes.WROTE.search(text)
        if wrote and (quotes.DATED.search(text) or quoted):
            begin = at
            for further in range(at - 1, max(number - 4, -1), -1):
                if quotes.BEGINS_WORD.match(lines[begin] or ""):
                    break  # "On …": it cannot begin earlier
                above = (lines[further] or "").strip(" *_")
                dated = quotes.DATED.search(above) or (above.endswith(",") and len(above) < 25)
                if not above or not quotes.BEGINS.match(above) or not dated:
                    break
                begin = further
            return begin
        if (
            not wrote
            and "@" in text
            and quotes.DATED.search(text.replace("@", ""))
            and _NAMED.search(text)
        ):
            return at
    return -1


def _is_forward(tail: list[str], message: Message) -> bool:
    """Whether the unmarked earlier mail was passed on to us, not written by us.

    A quoted mail of ours names one of this mail's own recipients as its sender.
    """
    head = "\n".join(tail[:8]).lower()
    if any(address in head.split("\n", 2)[0] for address in message.to if address):
        return False
    if quotes.FORWARD_SUBJECT.match(message.subject):
        return True
    if any(quotes.ruled(line) == "forward" for line in tail[:3]):
        return True
    return (
        not message.in_reply_to
        and not message.references
        and (any(quotes.FROM_LABEL.match(line) for line in tail[:4]))
    )


def _without_signature(lines: list[str | None], cuts: list[Cut]) -> list[str]:
    """Drops `-- ` and what follows up to the next quoted line, and lines of mobile programs."""
    out: list[str] = []
    signature: list[str] = []
    inside = False
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
        if line and len(line) < 120 and footers.MOBILE.match(line):
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
