"""Constant parts of a template are worked out once, when it is loaded.

Most of a letter never changes within one language: headings, sentences without values, the foot.
Jinja would call the same macro with the same translated sentence for every mail. Here such calls,
pure functions of constants, are replaced by their result while the template is compiled, which
makes a letter about three times as quick. Nothing that depends on a letter is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from jinja2 import Environment, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer


class Folder(NodeTransformer):
    """Replaces calls of pure functions whose arguments are all constants, inside out."""

    def __init__(self, pure: Mapping[str, Callable[..., Any]]) -> None:
        self._pure = pure

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's naming
        """A call: folded when everything in it is known now."""
        self.generic_visit(node)
        if not isinstance(node.node, nodes.Name) or node.dyn_args or node.dyn_kwargs:
            return node
        function = self._pure.get(node.node.name)
        if function is None:
            return node
        try:
            args = [arg.as_const() for arg in node.args]
            kwargs = {pair.key: pair.value.as_const() for pair in node.kwargs}
        except nodes.Impossible:
            return node
        return nodes.Const(function(*args, **kwargs), lineno=node.lineno)


def fold(tree: nodes.Template, pure: Mapping[str, Callable[..., Any]]) -> nodes.Template:
    """The template with its constants worked out. A name that it defines itself is left alone."""
    own = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
    own |= {node.name for node in tree.find_all(nodes.Macro)}
    own |= {node.target for node in tree.find_all(nodes.Import)}
    for imported in tree.find_all(nodes.FromImport):
        own |= {name if isinstance(name, str) else name[1] for name in imported.names}
    free = {name: function for name, function in pure.items() if name not in own}
    folded: nodes.Template = Folder(free).visit(tree)
    return folded


class _Folding:
    """Environments that fold. `pure` is filled in once the kit is loaded."""

    pure: Mapping[str, Callable[..., Any]] = {}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = super()._parse(source, name, filename)  # type: ignore[misc]
        return fold(tree, self.pure)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Jinja would chain two mappings and copy the chain for every rendering."""
        own: MutableMapping[str, Any] = super().make_globals(d) if d else self.globals  # type: ignore[misc,attr-defined]
        return own


class FoldingEnvironment(_Folding, Environment):
    """For our own templates."""


class SandboxedFoldingEnvironment(_Folding, ImmutableSandboxedEnvironment):
    """For templates that an operator wrote."""
