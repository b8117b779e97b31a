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

from mailflow.letters.folders import LetterError


class Folder(NodeTransformer):
    """Replaces calls of pure functions whose arguments are all constants, inside out."""

    def __init__(self, pure: Mapping[str, Callable[..., Any]], fixed: Mapping[str, object]) -> None:
        self._pure = pure
        self._fixed = fixed

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
        try:
            return nodes.Const(function(*args, **kwargs), lineno=node.lineno)
        except LetterError:  # in a branch that may never be taken; if it is, it fails there
            return node

    def visit_Name(self, node: nodes.Name) -> nodes.Node:  # noqa: N802
        """A name that stands for a fixed text."""
        return self._text(self._fixed.get(node.name), node)

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802
        """A setting of the service: `service.support_url`, `service.brand.name`."""
        return self._text(self._setting(node), node)

    def _setting(self, node: nodes.Node) -> object:
        if isinstance(node, nodes.Name):
            return self._fixed.get(node.name)
        if isinstance(node, nodes.Getattr):
            owner = self._setting(node.node)
            return None if owner is None else getattr(owner, node.attr, None)
        return None

    def _text(self, value: object, node: nodes.Expr) -> nodes.Node:
        if isinstance(value, str):
            return nodes.Const(value, lineno=node.lineno)
        self.generic_visit(node)
        return node


def fold(
    tree: nodes.Template,
    pure: Mapping[str, Callable[..., Any]],
    fixed: Mapping[str, object],
) -> nodes.Template:
    """The template with its constants worked out. A name that it defines itself is left alone.

    `pure` are functions whose result depends on their arguments only, `fixed` values that never
    change while the program runs.
    """
    own = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
    own |= {node.name for node in tree.find_all(nodes.Macro)}
    own |= {node.target for node in tree.find_all(nodes.Import)}
    for imported in tree.find_all(nodes.FromImport):
        own |= {name if isinstance(name, str) else name[1] for name in imported.names}
    free = {name: function for name, function in pure.items() if name not in own}
    values = {name: value for name, value in fixed.items() if name not in own}
    folded: nodes.Template = Folder(free, values).visit(tree)
    return folded


class _Folding:
    """Environments that fold. `pure` grows with the kit."""

    pure: Mapping[str, Callable[..., Any]] = {}
    fixed: Mapping[str, object] = {}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = super()._parse(source, name, filename)  # type: ignore[misc]
        return fold(tree, self.pure, self.fixed)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Jinja would chain two mappings and copy the chain for every rendering."""
        own: MutableMapping[str, Any] = super().make_globals(d) if d else self.globals  # type: ignore[misc,attr-defined]
        return own


class FoldingEnvironment(_Folding, Environment):
    """For our own templates."""


class SandboxedFoldingEnvironment(_Folding, ImmutableSandboxedEnvironment):
    """For templates that an operator wrote."""
