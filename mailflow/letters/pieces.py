"""What weaving knows of Jinja's syntax trees, and the two filters that woven templates use.

`joined` makes one text of pieces, `given` holds the place of a value in a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from jinja2 import nodes
from markupsafe import Markup, escape

from mailflow.letters.folders import LetterError

_NAMING = (nodes.Assign, nodes.AssignBlock, nodes.Macro, nodes.Import, nodes.FromImport)


class Stays(Exception):  # noqa: N818 - no error: this call is left as it is
    """Something cannot be woven in."""


def joiner(*, escaped: bool) -> Callable[..., str]:
    """The filter that makes one text of pieces, as showing them one after the other would."""

    def joined(*pieces: object) -> str:
        if None in pieces:
            raise LetterError("a template shows a value that is not there")
        if escaped:
            return Markup("".join([escape(piece) for piece in pieces]))  # noqa: S704 - escaped
        return "".join([str(piece) for piece in pieces])

    return joined


def given(value: object, name: str, message: str) -> object:
    """The filter for a value of a sentence: no letter goes out with a hole in it (S35)."""
    if value is None or value == "":
        raise LetterError(f"empty placeholder {name!r} in {message!r}")
    return value


def filtered(node: nodes.Expr, name: str, args: Sequence[nodes.Expr], lineno: int) -> nodes.Filter:
    return nodes.Filter(node, name, list(args), [], None, None, lineno=lineno)


def pieces_of(node: nodes.Expr) -> Iterator[nodes.Expr]:
    """What is shown when a value is."""
    match node:
        case nodes.Filter(name="joined"):
            for piece in _joined(node):
                yield from pieces_of(piece)
        case nodes.Filter(name="given", node=nodes.Filter(name="joined") as inner) if any(
            isinstance(piece, nodes.Const) and piece.value for piece in _joined(inner)
        ):  # with some text in it, it is never empty
            yield from pieces_of(inner)
        case _:
            yield node


def _joined(node: nodes.Filter) -> list[nodes.Expr]:
    """The pieces that a `joined` is made of."""
    return [*([node.node] if node.node else []), *node.args]


def written(body: Sequence[nodes.Node]) -> list[nodes.Expr]:
    """The pieces that statements show. Raises Stays when they do more than that."""
    out: list[nodes.Expr] = []
    for statement in body:
        if not isinstance(statement, nodes.Output):
            raise Stays
        out += statement.nodes
    return out


def scoped(body: list[nodes.Node]) -> list[nodes.Node]:
    """Statements of which no name is left behind."""
    whole = nodes.Scope(body)
    return [whole] if has(whole, *_NAMING) else body


def has(tree: nodes.Node, *kinds: type[nodes.Node]) -> bool:
    """Whether there is a node of one of these kinds below."""
    return any(True for _ in tree.find_all(kinds))


def items_of(node: nodes.Expr) -> list[nodes.Expr] | None:
    """The items of a list that is written down; None = it is not."""
    if isinstance(node, nodes.List | nodes.Tuple):
        return node.items
    if isinstance(node, nodes.Const) and isinstance(node.value, tuple | list):
        return [nodes.Const(item) for item in node.value]
    return None


def only_first(node: nodes.Node) -> bool:
    """Whether a loop asks for nothing about itself but whether this is its first round."""
    match node:
        case nodes.For():
            return only_first(node.iter)
        case nodes.Getattr(node=nodes.Name(name="loop"), attr="first"):
            return True
        case nodes.Name(name="loop"):
            return False
    return all(map(only_first, node.iter_child_nodes()))


def names_in(node: nodes.Expr) -> Iterator[nodes.Name]:
    """Every name in a value, and the value itself if it is one."""
    return nodes.Output([node]).find_all(nodes.Name)


def is_simple(node: nodes.Expr) -> bool:
    """Whether a value costs nothing to work out again, or is taken apart anyway."""
    return isinstance(node, nodes.Const | nodes.Name | nodes.List | nodes.Tuple)


def uses(body: Sequence[nodes.Node], name: str) -> int:
    """How often a name is looked at; in a loop it counts as more than once."""
    whole = nodes.Scope(list(body))
    looped = [inner for loop in whole.find_all(nodes.For) for inner in loop.body]
    found = [*whole.find_all(nodes.Name), *nodes.Scope(looped).find_all(nodes.Name)]
    return sum(one.name == name for one in found)


def assigned(body: Sequence[nodes.Node]) -> set[str]:
    """Names that statements assign to, besides those of loops."""
    found = nodes.Scope(list(body)).find_all(nodes.Assign)
    return {one.target.name for one in found if isinstance(one.target, nodes.Name)}
