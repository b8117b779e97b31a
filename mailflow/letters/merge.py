"""A template put into the layouts it extends, with what they include: one piece instead of four.

Only plain inheritance is merged; where a template does more (`super()`, a computed name, a block
in a loop), it is left to Jinja.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jinja2 import TemplateError, nodes
from jinja2.visitor import NodeTransformer

from mailflow.letters.pieces import has, scoped

_DEFINING = (nodes.Assign, nodes.Import, nodes.FromImport, nodes.Macro)
_AROUND = (nodes.For, nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.With,
           nodes.AssignBlock)  # fmt: skip

Reader = Callable[[str], nodes.Template]


def merged(tree: nodes.Template, read: Reader) -> tuple[nodes.Template, dict[str, nodes.Block]]:
    """A template with its layouts around it, and its blocks; ({} = it was left as it is).

    `read` parses another template. The blocks are written where the layout has them.
    """
    chain = [tree]
    while parent := _parent(chain[-1]):
        try:
            chain.append(read(parent))
        except TemplateError:  # missing or broken: it fails where it is used
            return tree, {}
        if len(chain) > 9:
            return tree, {}
    if len(chain) == 1 or not all(map(_is_plain, chain)):
        return tree, {}
    blocks: dict[str, nodes.Block] = {}
    for one in reversed(chain):
        blocks |= {block.name: block for block in one.find_all(nodes.Block)}
    first = [node for one in chain[:-1] for node in one.body if isinstance(node, _DEFINING)]
    layout = _Placer(blocks, read).visit(chain[-1])
    return nodes.Template([*first, *layout.body], lineno=1), blocks


def _parent(tree: nodes.Template) -> str:
    """The name of the template that this one extends, "" = none that we can tell."""
    for node in tree.body:
        if isinstance(node, nodes.Extends):
            name = node.template
            return name.value if isinstance(name, nodes.Const) else ""
        if not isinstance(node, _DEFINING):
            return ""
    return ""


def _is_plain(tree: nodes.Template) -> bool:
    """Whether putting the blocks into the layout says the same as Jinja's inheritance."""
    extends = list(tree.find_all(nodes.Extends))
    if extends:
        known = (*_DEFINING, nodes.Output, nodes.Block, nodes.Extends)
        if len(extends) > 1 or not all(isinstance(node, known) for node in tree.body):
            return False
    if any(has(around, nodes.Block) for around in tree.find_all(_AROUND)):
        return False
    if any(block.scoped or block.required for block in tree.find_all(nodes.Block)):
        return False
    selves = sum(name.name in ("self", "super") for name in tree.find_all(nodes.Name))
    calls = sum(asked_block(call) != "" for call in tree.find_all(nodes.Call))
    return selves == calls and not has(tree, nodes.EvalContextModifier)


def asked_block(node: nodes.Call) -> str:
    """The block that `self.block()` asks for."""
    match node:
        case nodes.Call(node=nodes.Getattr(node=nodes.Name(name="self"), attr=attr), args=[]):
            return str(attr)
    return ""


class _Placer(NodeTransformer):
    """Puts blocks and included templates into their places."""

    def __init__(self, blocks: Mapping[str, nodes.Block], read: Reader) -> None:
        self._blocks = blocks
        self._read = read

    def visit_Block(self, node: nodes.Block) -> nodes.Node | list[nodes.Node]:  # noqa: N802
        """The block of the template that comes first."""
        block = self._blocks.get(node.name, node)
        return scoped(self.visit(nodes.Scope(block.body)).body)

    def visit_Include(self, node: nodes.Include) -> nodes.Node | list[nodes.Node]:  # noqa: N802
        """An included template, if it is one that only shows something."""
        if not isinstance(node.template, nodes.Const) or not node.with_context:
            return node
        try:
            tree = self._read(str(node.template.value))
        except TemplateError:
            return node
        if has(tree, nodes.Block, nodes.Extends, nodes.Include, nodes.EvalContextModifier):
            return node
        return scoped(tree.body)
