"""A template is made one flat piece when it is loaded: its layout around it, its calls woven in.

Most of a letter never changes within one language: the layout, headings, sentences without
values, the foot. `merge` puts a template into its layouts, `weave` works out what is constant.
Nothing that depends on a letter is touched.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from jinja2 import Environment, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailflow.letters.merge import asked_block, merged
from mailflow.letters.values import Definition, Home, Known, Names
from mailflow.letters.weave import Weaver

_NOTHING = Home({}, {}, sealed=True)
KEPT = "subject"  # a block that is asked for by itself


class _Folding:
    """Environments that fold. `known` grows with the kit, `kit` are its macros."""

    known = Known({}, {}, frozenset(), None)
    kit: Mapping[str, Definition] = {}
    _homes: dict[str, Home]

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = self._plain(source, name, filename)
        return fold(self, tree, name) if name else tree  # type: ignore[arg-type]

    def _plain(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = super()._parse(source, name, filename)  # type: ignore[misc]
        return tree

    def read(self, name: str) -> nodes.Template:
        """Another template, parsed. Raises TemplateError."""
        source, filename, _ = self.loader.get_source(self, name)  # type: ignore[attr-defined]
        return self._plain(source, name, filename)

    def home(self, name: str) -> Home:
        """The macros of a file that others import; none where it does more than define them."""
        if "_homes" not in self.__dict__:
            self._homes = {}
        if name not in self._homes:
            self._homes[name] = _NOTHING  # while it is read: files that import each other
            try:
                tree = self.read(name)
            except TemplateError:
                return _NOTHING
            self._homes[name] = self._home_of(tree)
        return self._homes[name]

    def _home_of(self, tree: nodes.Template) -> Home:
        plain = (nodes.Output, nodes.Macro, nodes.Import, nodes.FromImport)
        if not all(isinstance(node, plain) for node in tree.body):
            return _NOTHING
        return self.surroundings(tree, frozenset(), sealed=True)

    def surroundings(self, tree: nodes.Template, taken: frozenset[str], *, sealed: bool) -> Home:
        """What can be called by name in a template: the kit, its own macros, what it imports."""
        macros: dict[str, Definition] = dict(self.kit)
        modules: dict[str, Home] = {}
        home = Home(macros, modules, sealed)
        givers = [node for node in tree.find_all(nodes.Stmt) if _gives(node)]
        names = [name for giver in givers for name in _given_names(giver)]
        for name in {*names, *taken}:
            macros.pop(name, None)
        for giver in tree.body:  # what is defined further in is known there only
            for name in _given_names(giver):
                if names.count(name) > 1 or name in taken:
                    continue
                match giver:
                    case nodes.Macro():
                        macros[name] = Definition(giver, home)
                    case nodes.Import(template=nodes.Const(value=file), with_context=False):
                        modules[name] = self.home(str(file))
                    case nodes.FromImport(template=nodes.Const(value=file), with_context=False):
                        if found := self.home(str(file)).macros.get(_theirs(giver, name)):
                            macros[name] = found
        return home

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Jinja would chain two mappings and copy the chain for every rendering."""
        own: MutableMapping[str, Any] = super().make_globals(d) if d else self.globals  # type: ignore[misc,attr-defined]
        return own


class FoldingEnvironment(_Folding, Environment):
    """For our own templates."""


class SandboxedFoldingEnvironment(_Folding, ImmutableSandboxedEnvironment):
    """For templates that an operator wrote."""


def fold(
    environment: FoldingEnvironment | SandboxedFoldingEnvironment,
    tree: nodes.Template,
    name: str | None,
) -> nodes.Template:
    """The template, flat where it can be."""
    whole, blocks = merged(tree, environment.read)
    stored = {one.name for one in whole.find_all(nodes.Name) if one.ctx != "load"}
    given = {given for one in whole.find_all(nodes.Node) for given in _given_names(one)}
    home = environment.surroundings(whole, frozenset(stored), sealed=False)
    if blocks:
        asked = {b: Definition(nodes.Macro(b, [], [], blocks[b].body), home) for b in blocks}
        home.modules["self"] = Home(asked, {}, sealed=False)
    weaver = Weaver(environment, environment.known, frozenset(stored | given), name)
    whole.body = weaver.body(whole.body, Names(home))
    if blocks:
        called = {asked_block(call) for call in whole.find_all(nodes.Call)} | {KEPT}
        kept = [weaver.block(blocks[b], home) for b in blocks if b in called]
        whole.body.append(nodes.If(nodes.Const(False), kept, [], []))
        _pruned(whole)
    whole.set_environment(environment)
    return whole


def _pruned(tree: nodes.Template) -> nodes.Template:
    """A merged template without the macros and imports that nothing calls any more."""
    used = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "load"}
    tree.body = [node for node in tree.body if _given_names(node) & used or not _gives(node)]
    return tree


def _gives(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Import | nodes.FromImport | nodes.Macro)


def _theirs(node: nodes.FromImport, name: str) -> str:
    """What the file calls what is imported under this name."""
    return next(n if isinstance(n, str) else n[0] for n in node.names if name in (n, n[-1]))


def _given_names(node: nodes.Node) -> set[str]:
    """The names by which a macro or an import is called."""
    match node:
        case nodes.Macro():
            return {node.name}
        case nodes.Import():
            return {node.target}
        case nodes.FromImport():
            return {name if isinstance(name, str) else name[1] for name in node.names}
    return set()
