"""Where the earlier mail begins: marked lines, attributions, header blocks, separators.

Lines that are quoted become None, so that what stands between them stays in its place.
"""

from __future__ import annotations

import re

from mailflow.core import quotes
from mailflow.core.html import CUT
from mailflow.core.message import Message

_ATTRIBUTION = 400  # characters; longer lines are no "on … wrote"


_WRAP = 60  # a quoted line at least so long may have lost its end to the wrapping of a client


# What mail programs set before each line of an earlier mail: ">" and "TS>", bars, guillemets. The
# bars also stand at the left of old Exchange quotes; "»" and "›" are what Apple, Gnus and phones in
# some languages make of ">".
_BARS = frozenset("|¦│┃║▏▎▍▌❘❙❚｜￨＞»›❯❱⟩⟫〉》≫")
QUOTED = re.compile(rf" {{0,3}}(?:[A-Za-z]{{1,3}})?>|\s*[{''.join(sorted(_BARS))}]")

#: »CONFIRM« and »CONFIRM»: a word in quotation marks, as they are set in German or Swedish.
_IN_MARKS = re.compile(r"\s*(?:»[^«»\n]+«|»[^\s«»][^«»\n]*»\W*$|›[^‹›\n]+‹|›[^\s‹›][^‹›\n]*›\W*$)")

#: Marks that some programs can be set to quote with (mutt and Supercite know ":", "}", "#"), and
#: that people also write for other reasons: no decision stands on such a line.
MARKED = re.compile(r"\s*(?:[-=~_*+]*[>|:}\]#%&$¦]|=)")


#: "3 мар. 2025 г. в 10:11, Requests <a@b>:": no verb, but a date, an address and a colon.
_NAMED = re.compile(r"<[^<>\s]+@[^<>\s]+>\s*[:：]$")


#: A row of a table drawn with bars is no quote: it is closed by one, and has two cells at least.
_ROW = re.compile(r"\s*\|[^|\n]+\|[^\n]*\|\s*|\|[^\s|][^|\n]*\|[^\n]*")


def unflow(lines: list[str], *, delsp: bool) -> list[str]:
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


def mark_quoted(lines: list[str]) -> list[str | None]:
    """Lines that carry a quotation mark become None; so do the torn ends of wrapped ones."""
    out: list[str | None] = []
    torn = False
    for number, line in enumerate(lines):
        if _is_quoted(line):
            out.append(None)
            torn = len(line) >= _WRAP and line[-1] not in ".!?:;"
            continue
        if torn and line.strip():
            following = lines[number + 1] if number + 1 < len(lines) else ""
            if _is_quoted(following) or line[:1].islower():
                out.append(None)
                torn = False
                continue
        torn = False
        out.append(line)
    return out


def _is_quoted(line: str) -> bool:
    if line.startswith(">"):
        return not line.startswith(">From ")
    if not is_marked(line):
        return False
    return not (_ROW.fullmatch(line) or _IN_MARKS.match(line))


def is_marked(line: str) -> bool:
    """Whether a line begins with a quotation mark; most lines need no pattern to see that."""
    return (">" in line[:7] or line.lstrip()[:1] in _BARS) and QUOTED.match(line) is not None


def cut_tail(
    lines: list[str | None], message: Message
) -> tuple[list[str | None], list[str], str, str]:
    """(what is above, what is below, "quote" or "forward", the rule) of the first unmarked cut.

    An attribution above marked lines is taken away alone: the author may go on below the quote.
    """
    out: list[str | None] = list(lines)
    may_stand_above = quotes.ABOVE.may_match("\n".join(filter(None, lines)))
    for number, line in enumerate(lines):
        if not line:
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
        if not kind and may_stand_above and quotes.ABOVE.search(line):
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
    if not quotes.FIRST_LABEL.begins(first):
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
        if quotes.FROM_LABEL.begins(line):
            kinds.add("from")
        elif quotes.DATE_LABEL.begins(line):
            kinds.add("date")
        elif quotes.SUBJECT_LABEL.begins(line):
            kinds.add("subject")
        elif quotes.TO_LABEL.begins(line):
            kinds.add("to")
        elif not quotes.OTHER_LABEL.begins(line):
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
                torn = lines[further] or ""
                if text.count(">") > text.count("<") and torn.endswith("<"):
                    text, begin = f"{torn} {text}", further  # an address torn from its bracket
                    continue
                if quotes.BEGINS_WORD.match(lines[begin] or ""):
                    break  # "On …": it cannot begin earlier
                above = (lines[further] or "").strip(" *_")
                # A time or a year: "On Monday 3 March we talk first" is the author's.
                dated = quotes.TIMED.search(above) or (above.endswith(",") and len(above) < 25)
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
        and (any(quotes.FROM_LABEL.begins(line) for line in tail[:4]))
    )
