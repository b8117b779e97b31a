"""The verdict of a trusted mail server, read from its Authentication-Results (RFC 8601).

Only the topmost header field counts, and only if it carries a configured authserv-id: whatever
stands lower was there before our server touched the mail, so a stranger may have written it
(RFC 8601 s5; PROMISES.md I13). The text is cleaned first, then read by `authres`:

- comments are cut out, quoted strings are kept whole; what does not balance is not trusted;
- a comment glued to a property (`header.d=a.example(.b.example`) is a known way to make two
  readers see two domains, so such a field is not trusted either;
- Microsoft 365 writes no authserv-id at all and sometimes strays such as `; receiver.example;`.
  With `without_id` such a topmost field is read, and pieces without `=` are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import authres

from mailflow.core.address import organisational_domain
from mailflow.core.alignment import aligned, domain_name
from mailflow.core.verdict import Verdict

_MAX_LENGTH = 6000  # characters; `authres` copies what is left at each step (quadratic)
_MAX_RESULTS = 50
_DUMMY_ID = "no-id.invalid"
_ID = re.compile(r"([A-Za-z0-9!#$%&'*+/?^_`{|}~.-]+)(?:\s+([0-9]+))?")
_SPACE = re.compile(r" +")


@dataclass(frozen=True, slots=True)
class Result:
    """One `method=result` with its properties; a property given twice is left out."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """The value of a property such as "header.d", "" if it is missing or doubtful."""
        return next((value for known, value in self.properties if known == name), "")


def judge(
    fields: Sequence[bytes],
    author: str,
    ids: Collection[str],
    *,
    without_id: bool = False,
) -> Verdict:
    """What a trusted server says about the author of a mail.

    Args:
        fields: Values of all Authentication-Results fields, topmost first, unfolded and as sent
            (no encoded words resolved: their content is a stranger's).
        author: Domain of the single From address, ASCII lower case.
        ids: The authserv-ids that are ours, ASCII lower case.
        without_id: Whether a topmost field without any authserv-id is ours.

    Returns:
        pass, fail (the author's domain publishes a policy, and it failed) or none; never raises.
    """
    if not fields:
        return Verdict("none", "no Authentication-Results")
    read = _read(fields[0], ids, without_id=without_id)
    if isinstance(read, str):
        return Verdict("none", f"topmost Authentication-Results: {read}")
    name, results = read
    result, why = _decide(results, author)
    return Verdict(result, f"Authentication-Results of {name}: {why}")


def _decide(results: Sequence[Result], author: str) -> tuple[str, str]:
    dmarc = [r for r in results if r.method == "dmarc"]
    if len(dmarc) > 1 or sum(r.method == "spf" for r in results) > 1:
        return "none", "more than one result for dmarc or spf"
    for result in dmarc:
        about = result.get("header.from").lower()
        # Some servers name the domain whose policy they found instead of the author's own.
        if about and about not in (author, organisational_domain(author)):
            return "none", f"dmarc is about another domain than {author}"
        if result.result == "fail":
            return "fail", f"dmarc=fail for {author}"
        if result.result == "pass" and about == author:
            return "pass", f"dmarc=pass for {author}"
    for result in results:
        if result.result != "pass" or result.method not in ("dkim", "spf"):
            continue
        proven = _proven(result)
        if proven and aligned(author, proven):
            return "pass", f"{result.method}=pass for {proven}, aligned with {author}"
    return "none", f"no pass that is aligned with {author}"


def _proven(result: Result) -> str | None:
    """The domain for which DKIM or SPF passed."""
    if result.method == "spf":
        return domain_name(result.get("smtp.mailfrom").rpartition("@")[2])
    signer = domain_name(result.get("header.d"))
    return signer or domain_name(result.get("header.i").rpartition("@")[2])


def _read(
    field: bytes, ids: Collection[str], *, without_id: bool
) -> tuple[str, tuple[Result, ...]] | str:
    """(authserv-id, results) of one field, or why it is not trusted."""
    if len(field) > _MAX_LENGTH:
        return "is too long"
    text = field.decode("ascii", "replace").replace("\t", " ")
    if not text.isascii() or not text.isprintable():
        return "has characters that are not plain ASCII"
    pieces = _pieces(text)
    if pieces is None:
        return "has comments or quotation marks that do not balance"
    if len(pieces) > _MAX_RESULTS:
        return "has too many results"
    first = _ID.fullmatch(pieces[0])
    if first is not None:
        name, version = first.group(1).lower(), first.group(2) or "1"
        if name not in ids:
            return f"{name} is not one of ours"
        if version != "1":
            return f"has version {version}, which nobody has defined"
        rest = pieces[1:]
    elif without_id:
        name, rest = "our server (no id)", [piece for piece in pieces if "=" in piece]
    else:
        return "has no authserv-id"
    rest = [piece for piece in rest if piece]
    results = _results(rest)
    return "cannot be read" if results is None else (name, results)


def _results(pieces: list[str]) -> tuple[Result, ...] | None:
    """What `authres` reads in cleaned pieces; None where it sees less, or more, than there is."""
    if pieces in ([], ["none"]):
        return ()
    header = f"Authentication-Results: {_DUMMY_ID}; {'; '.join(pieces)}"
    try:
        found = authres.AuthenticationResultsHeader.parse(header).results
    except Exception:  # any error of the parser means: not understood, so not trusted
        return None
    if len(found) != len(pieces):
        return None
    return tuple(
        Result(
            r.method, r.result, _once([(f"{p.type}.{p.name}", p.value or "") for p in r.properties])
        )
        for r in found
        if r is not authres.AuthenticationResultsHeader.NONE_RESULT
    )


def _once(properties: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    names = [name for name, _ in properties]
    return tuple([(name, str(value)) for name, value in properties if names.count(name) == 1])


def _pieces(text: str) -> list[str] | None:
    """The parts between semicolons, without comments, blanks made single; None when in doubt.

    Refused: a comment or quoted string that does not end, a `)` without its `(`, and a comment
    glued to a property's value.
    """
    pieces: list[str] = []
    piece: list[str] = []
    word = 0  # where the current word begins in `piece`
    at, end = 0, len(text)
    while at < end:
        sign = text[at]
        if sign == "(":
            if _is_property("".join(piece[word:])):
                return None
            after = _comment_end(text, at)
            if after is None:
                return None
            piece.append(" ")
            word = len(piece)
            at = after
            continue
        if sign == ")":
            return None
        if sign == '"':
            close = at + 1
            while close < end and text[close] != '"':
                close += 2 if text[close] == "\\" else 1
            if close >= end:
                return None
            piece.append(text[at : close + 1])
            at = close
        elif sign == ";":
            pieces.append("".join(piece))
            piece, word = [], 0
        else:
            piece.append(sign)
            if sign == " ":
                word = len(piece)
        at += 1
    pieces.append("".join(piece))
    return [_SPACE.sub(" ", piece).strip() for piece in pieces]


def _is_property(word: str) -> bool:
    """Whether a word is (the beginning of) `ptype.name=value`, whose value a stranger may set."""
    name, equals, _ = word.partition("=")
    return bool(equals) and "." in name


def _comment_end(text: str, start: int) -> int | None:
    """Offset behind the comment that begins at `start`, or None if it never ends."""
    depth, at = 0, start
    while at < len(text):
        sign = text[at]
        depth += (sign == "(") - (sign == ")")
        at += 2 if sign == "\\" else 1
        if not depth:
            return at
    return None
