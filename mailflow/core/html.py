"""HTML of a mail as lines of text, with what its author did not write marked or left out.

The result speaks the same language as a plain-text mail, so that one set of rules cuts both: a
quoted block comes out as one line beginning with `>`, and a place below which everything is quoted
comes out as the line `CUT`. Hidden and struck text is left out and listed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailflow.core import visibility
from mailflow.core.htmlguard import too_deep
from mailflow.core.htmlmarks import CUT_IDS, QUOTE, SIGNATURE, barred
from mailflow.core.htmltext import Lines

#: A line of this alone means: from here on it is the earlier mail. U+001D cannot come from a mail.
CUT = "\x1dcut"

_MAX_NODES = 60_000
_MAX_TEXT = 400_000  # characters of output
_SKIP_WORDS = (
    "head script style title template noscript select button svg math object iframe textarea "
    "input canvas audio video map meta link datalist dialog"
)
_BLOCK_WORDS = (
    "address article aside blockquote body center dd details div dl dt fieldset figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table tbody "
    "thead tfoot tr ul caption"
)
_SKIP = frozenset(_SKIP_WORDS.split())
_BLOCK = frozenset(_BLOCK_WORDS.split())
_STRUCK = frozenset({"s", "strike", "del"})
_CITED = frozenset({"q", "cite"})
_PRE = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)")
_NO_BORDER = re.compile(r"border\s*:\s*(?:none|0)")


@dataclass(slots=True)
class Rendered:
    """`text`: lines as described above. `left_out`: (what, excerpt) of hidden and struck text."""

    text: str
    left_out: list[tuple[str, str]] = field(default_factory=list)


def render(html: str, *, below: bool = True, inside: bool = False) -> Rendered:
    """Lines of the visible text of an HTML document. Linear, bounded, never raises.

    `below` false leaves out what stands below a `CUT`, where nobody is going to read it; it is an
    answer then, and a block with a bar at its left is what it answers.
    `inside` gives what stands in quotations too, each below a `CUT`.
    """
    out = Rendered("")
    if too_deep(html):
        out.left_out.append(("hidden", "HTML nested too deeply to be read"))
        return out
    tree = LexborHTMLParser(html)
    root = tree.body or tree.root
    if root is None:
        return out
    rules = visibility.sheet(html) if "<style" in html or "<STYLE" in html else visibility.EMPTY
    state = Lines(answer=not below or inside, inside=inside)
    _walk(root, state, out, rules, below=below)
    if state.line:
        state.flush()
    out.text = "\n".join(state.lines)
    return out


def _walk(
    root: LexborNode,
    state: Lines,
    out: Rendered,
    rules: visibility.Sheet,
    *,
    below: bool,
) -> None:
    """Depth first with a stack of our own: deep nesting must not end in a RecursionError."""
    # (node, verb): "open" visits a node, "close" undoes what its opening did.
    stack: list[tuple[LexborNode | None, str]] = [(root, "open")]
    count = 0
    while stack:
        node, verb = stack.pop()
        if verb != "open":
            _close(verb, state)
            continue
        assert node is not None
        count += 1
        if count > _MAX_NODES or state.length > _MAX_TEXT:
            break
        # One brother at a time: a row of 100,000 cells would else be 40 MiB of nodes.
        if node is not root and (brother := node.next) is not None:
            stack.append((brother, "open"))
        tag = node.tag or ""
        if tag == "-text":
            _text(node.text_content or "", state)
            continue
        if tag == "br":
            state.hard_break()
            continue
        if tag.startswith(("-", "!")) or tag in _SKIP:
            continue
        verbs = _open(node, tag, state, out, rules)
        if state.cut and not below:
            return
        if verbs is None:
            continue
        stack.extend((None, v) for v in verbs)
        if (child := node.child) is not None:
            stack.append((child, "open"))


def _text(text: str, state: Lines) -> None:
    text = text.replace("\x1d", "")
    if state.pre and "\n" in text:
        first, *rest = text.split("\n")
        if first.strip():
            state.put(first)
        for line in rest:
            state.hard_break()
            if line.strip():
                state.put(line)
        return
    words = text.split()
    if not words:
        if "\xa0" in text and (not state.line or state.pending == "\n"):
            state.put("")  # Outlook's empty line: <p>&nbsp;</p>
        if text and not state.pending and state.line:
            state.pending = " "
        return
    if text[0].isspace() and not state.pending and state.line:
        state.pending = " "
    state.put(" ".join(words))
    if text[-1].isspace():
        state.pending = " "


def _close(verb: str, state: Lines) -> None:
    if verb == "block":
        state.block()
    elif verb == "pre":
        state.pre -= 1
    elif verb == "dark":
        state.dark -= 1
    elif verb == "cell":
        if state.pending in ("\n", " "):
            state.pending = ""
    elif verb.startswith("mailto "):
        state.put(f" <{verb[7:]}>")


def _open(
    node: LexborNode,
    tag: str,
    state: Lines,
    out: Rendered,
    rules: visibility.Sheet,
) -> list[str] | None:
    """What has to be undone when the element ends, or None if it is to be left out."""
    attributes = node.attributes
    verbs: list[str] = []
    if tag in _BLOCK:
        state.block()
        verbs.append("block")
        if tag == "pre":
            state.pre += 1
            verbs.append("pre")
    elif tag in ("td", "th"):
        state.pending = "\t" if state.line and state.pending != "\n" else state.pending or ""
        if state.line:
            state.pending = "\t" if node.prev is not None and _has_cell_before(node) else "\n"
        verbs.append("cell")
    if tag in _STRUCK:
        _leave_out(node, "struck", out)
        return None
    if tag in _CITED or (tag == "blockquote" and not attributes):
        return _quote(state, verbs)
    if not attributes and not rules.names:
        return verbs
    verdict = visibility.of_element(tag, attributes, rules, dark=state.dark > 0)
    if verdict:
        _leave_out(node, verdict, out)
        return None
    if visibility.is_dark_ground(attributes):
        state.dark += 1
        verbs.append("dark")
    style = (attributes.get("style") or "").lower()
    if style and _PRE.search(style):
        state.pre += 1
        verbs.append("pre")
    classes = (attributes.get("class") or "").lower().split()
    ident = (attributes.get("id") or "").lower()
    names = [*classes, ident] if ident else classes
    if names:
        named = _named(node, names, state, out)
        if named is None:
            return None
        if named:
            return _quote(state, verbs)
    if "cite" in attributes or attributes.get("type") == "cite" or (state.answer and barred(style)):
        return _quote(state, verbs)
    if tag == "blockquote" and not (_NO_BORDER.search(style) and attributes.get("type") != "cite"):
        return _quote(state, verbs)
    if tag == "a":
        href = (attributes.get("href") or "").strip()
        if href[:7].lower() == "mailto:":
            address = href[7:].partition("?")[0]
            if "@" in address and address.lower() not in node.text().lower():
                verbs.append("mailto " + address[:254])
    return verbs


def _has_cell_before(node: LexborNode) -> bool:
    sibling = node.prev
    while sibling is not None:
        if sibling.tag in ("td", "th"):
            return True
        sibling = sibling.prev
    return False


def _named(node: LexborNode, names: list[str], state: Lines, out: Rendered) -> str | None:
    """ "quote" if class or id says so, "" if they say nothing, None to leave the element out."""
    for name in names:
        if CUT_IDS.match(name):
            _cut(state)
            return ""
        if SIGNATURE.match(name):
            _leave_out(node, "signature", out)
            return None
        if QUOTE.search(name):
            if name.startswith(("gmail_quote", "x_gmail_quote")):
                # Answers written between the pieces of a Gmail quote stand beside its
                # blockquotes, not in them; a forward has no blockquote at all.
                if node.css_first("blockquote") is None:
                    _cut(state)
                return ""
            if name.endswith("moz-forward-container"):
                _cut(state)
                return ""
            return "quote"
    return ""


def _quote(state: Lines, verbs: list[str]) -> list[str] | None:
    """One line stands for the whole block: nobody writes new text inside a quotation."""
    if state.inside:
        _cut(state)
        return verbs
    state.pending = "\n"
    state.put("> …")
    state.pending = "\n"
    return None


def _cut(state: Lines) -> None:
    state.pending = "\n"
    state.put(CUT)
    state.cut = True
    state.pending = "\n"


def _leave_out(node: LexborNode, what: str, out: Rendered) -> None:
    text = " ".join(node.text(separator=" ").split())
    if text and len(out.left_out) < 50:
        out.left_out.append((what, text[:200]))
