"""A look at HTML before its parser: nesting that would keep it busy for long (PROMISES.md I19)."""

from __future__ import annotations

import re

_FEW_TAGS = 4_000  # below this nothing can take long


_MAX_DEPTH = 4_000  # open elements


_MAX_WORK = 20_000_000  # sum over all tags of the elements open there


_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,30})")


_SELF_CLOSING = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
     "track", "wbr", "p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "option",
     "optgroup", "colgroup", "html", "head", "body"]
)  # fmt: skip


def too_deep(html: str) -> bool:
    """Whether the parser would need too long: it walks the open elements at many a tag.

    100,000 open elements took it 19 s of CPU, and unclosed `<font>`s are copied into each new
    paragraph. So the open elements are added up, tag by tag, before it sees the document. Tags
    that the next of their kind closes (`<p>`, `<li>`) and end tags without a beginning do not
    count.
    """
    if html.count("<") < _FEW_TAGS:
        return False
    opened: dict[str, int] = {}
    depth = work = 0
    for match in _TAG.finditer(html):
        name = match.group(2).lower()
        if match.group(1):
            if opened.get(name, 0):
                opened[name] -= 1
                depth -= 1
        elif name not in _SELF_CLOSING:
            opened[name] = opened.get(name, 0) + 1
            depth += 1
        work += depth
        if work > _MAX_WORK or depth > _MAX_DEPTH:
            return True
    return False
