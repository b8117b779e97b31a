"""The calls of a template are woven into it when it is loaded, and its constants worked out.

A letter calls some twenty macros for each of its parts, most of them on sentences that never
change within one language. Jinja would call each through its context, gather what it writes in a
list, and join and escape it again, for every mail. Here the body of a macro takes the place of its
call, a loop over a list that is written down is written out, a sentence becomes its translation
with holes, and whatever is then constant becomes plain text. What is left to do for a mail is to
fill holes.

A template says the same, woven or not: only what is known to be pure is worked out, names are
renamed so that none is captured, every value is still escaped where it is shown, and attributes
are still looked up through the environment, which is the sandbox of operators' templates. Whatever
cannot be woven (recursion, `caller`, a macro that looks at its surroundings) stays a call.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from jinja2 import Environment, nodes
from markupsafe import escape

from mailflow.letters.pieces import (
    Stays,
    assigned,
    is_simple,
    items_of,
    names_in,
    only_first,
    pieces_of,
    scoped,
    uses,
)
from mailflow.letters.values import Definition, Home, Known, Names, Values

MAX_DEPTH = 12  # macros within macros; deeper is recursion


class Weaver(Values):
    """Weaves one template. `own` are the names it gives itself; they are left alone."""

    def __init__(
        self, environment: Environment, known: Known, own: frozenset[str], name: str | None
    ) -> None:
        super().__init__(environment, known, own, name)
        self._numbers = count(1)

    def block(self, block: nodes.Block, home: Home) -> nodes.Block:
        """A block, woven by itself."""
        body = self.body(block.body, Names(home))
        return nodes.Block(block.name, body, block.scoped, block.required, lineno=block.lineno)

    # --- statements -------------------------------------------------------------------------------

    def body(self, statements: Sequence[nodes.Node], names: Names) -> list[nodes.Node]:
        """Statements, woven; neighbouring pieces of output are one."""
        out: list[nodes.Node] = []
        for statement in statements:
            for woven in self._statement(statement, names):
                last = out[-1] if out else None
                if isinstance(woven, nodes.Output) and isinstance(last, nodes.Output):
                    last.nodes += woven.nodes
                else:
                    out.append(woven)
        return out

    def _statement(self, node: nodes.Node, names: Names) -> list[nodes.Node]:
        match node:
            case nodes.Output():
                return [woven for child in node.nodes for woven in self._shown(child, names)]
            case nodes.If():
                return self._choice(node, names)
            case nodes.For():
                return self._loop(node, names)
            case nodes.Assign(target=nodes.Name() | nodes.NSRef()):
                value = self.value(node.node, names)
                return [nodes.Assign(self._target(node.target, names), value, lineno=node.lineno)]
            case nodes.Scope():
                return [nodes.Scope(self.body(node.body, names), lineno=node.lineno)]
            case nodes.Block() | nodes.Macro() if names.depth == 0:
                node.body = self.body(node.body, names)
                return [node]
            case _ if names.depth == 0:
                return [node]
        raise Stays

    def _shown(self, node: nodes.Expr, names: Names) -> list[nodes.Node]:
        """What `{{ node }}` becomes."""
        if isinstance(node, nodes.TemplateData):
            return [nodes.Output([nodes.TemplateData(node.data)], lineno=node.lineno)]
        if isinstance(node, nodes.CondExpr) and node.expr2 is not None:
            either = nodes.If(
                node.test,
                [nodes.Output([node.expr1], lineno=node.lineno)],
                [],
                [nodes.Output([node.expr2], lineno=node.lineno)],
                lineno=node.lineno,
            )
            return self._choice(either, names)
        if isinstance(node, nodes.Call) and (found := self._macro(node.node, names)):
            try:
                return self._expanded(found, node, names)
            except Stays:
                if names.depth:
                    raise
        pieces = [
            nodes.TemplateData(str(escape(e.value) if self._escaped else e.value))
            if isinstance(e, nodes.Const) and isinstance(e.value, str)
            else e
            for e in pieces_of(self.value(node, names))
        ]
        return [nodes.Output(pieces, lineno=node.lineno)] if pieces else []

    def _choice(self, node: nodes.If, names: Names) -> list[nodes.Node]:
        """An `if` without the branches that are never taken."""
        ways: list[tuple[nodes.Expr, list[nodes.Node]]] = []
        other = node.else_
        for branch in (node, *node.elif_):
            test = self.value(branch.test, names)
            if not isinstance(test, nodes.Const):
                ways.append((test, branch.body))
            elif test.value:
                other = branch.body
                break
        if not ways:
            return self.body(other, names)
        first, *more = (
            nodes.If(test, self.body(body, names), [], [], lineno=node.lineno)
            for test, body in ways
        )
        first.elif_, first.else_ = more, self.body(other, names)
        return [first]

    def _loop(self, node: nodes.For, names: Names) -> list[nodes.Node]:
        """A loop: written out where its list is."""
        values = self.value(node.iter, names)
        items = items_of(values)
        plain = not (node.recursive or node.else_ or node.test)
        if plain and items is not None and all(map(only_first, node.body)):
            out: list[nodes.Node] = []
            for place, item in enumerate(items):
                inner = Names(names.home, dict(names.bound), names.depth)
                inner.bound["loop"] = nodes.Const(place == 0)  # only ever asked for `.first`
                before = self._unpack(node.target, item, node.body, inner)
                if before is None:
                    break
                out += scoped([*before, *self.body(node.body, inner)])
            else:
                return out
        if names.depth and not plain:
            raise Stays
        inner = Names(names.home, dict(names.bound), names.depth)
        inner.bound.pop("loop", None)
        for name in node.target.find_all(nodes.Name) if names.depth else ():
            inner.bound[name.name] = nodes.Name(self._fresh(name.name), "load")
        if isinstance(node.target, nodes.Name) and names.depth:
            inner.bound[node.target.name] = nodes.Name(self._fresh(node.target.name), "load")
        return [
            nodes.For(
                self._target(node.target, inner),
                values,
                self.body(node.body, inner),
                self.body(node.else_, names),
                self.value(node.test, inner) if node.test else None,
                node.recursive,
                lineno=node.lineno,
            )
        ]

    def _unpack(
        self, target: nodes.Node, item: nodes.Expr, body: list[nodes.Node], inner: Names
    ) -> list[nodes.Node] | None:
        """Bind the names of a loop to one item of its list; None = it cannot be taken apart."""
        if isinstance(target, nodes.Name):
            return self._bind(target.name, item, body, inner)
        parts = items_of(item)
        if not isinstance(target, nodes.Tuple) or parts is None or len(parts) != len(target.items):
            return None
        before: list[nodes.Node] = []
        for name, part in zip(target.items, parts, strict=True):
            if not isinstance(name, nodes.Name):
                return None
            before += self._bind(name.name, part, body, inner)
        return before

    def _target(self, node: nodes.Node, names: Names) -> Any:
        """Where something is assigned to, under its new name."""
        if isinstance(node, nodes.Tuple):
            return nodes.Tuple([self._target(item, names) for item in node.items], "store")
        if not isinstance(node, nodes.Name | nodes.NSRef):
            raise Stays
        bound = names.bound.get(node.name)
        if bound is not None and not isinstance(bound, nodes.Name):
            raise Stays
        name = bound.name if bound is not None else node.name
        if isinstance(node, nodes.NSRef):
            return nodes.NSRef(name, node.attr, lineno=node.lineno)
        return nodes.Name(name, "store", lineno=node.lineno)

    # --- macros -----------------------------------------------------------------------------------

    def _expanded(self, found: Definition, call: nodes.Call, names: Names) -> list[nodes.Node]:
        """The body of a macro in the place of its call."""
        macro = found.macro
        if names.depth >= MAX_DEPTH or call.dyn_args or call.dyn_kwargs:
            raise Stays
        wanted = [arg.name for arg in macro.args]
        if len(call.args) > len(wanted):
            raise Stays
        given = dict(zip(wanted, (self.value(arg, names) for arg in call.args), strict=False))
        for pair in call.kwargs:
            if pair.key in given or pair.key not in wanted:
                raise Stays
            given[pair.key] = self.value(pair.value, names)
        spare = wanted[len(wanted) - len(macro.defaults) :]
        written = nodes.Scope(macro.body)
        if any(ref.name in wanted for ref in written.find_all(nodes.NSRef)) or any(
            one.name == "loop" for value in given.values() for one in names_in(value)
        ):
            raise Stays  # it would change a value of ours, or take our loop for its own
        inner = Names(found.home, {}, names.depth + 1)
        before: list[nodes.Node] = []
        for name, default in zip(spare, macro.defaults, strict=True):
            given.setdefault(name, default)
            if not isinstance(given[name], nodes.Const) and given[name] is default:
                raise Stays
        for name in wanted:
            if name not in given:
                raise Stays
            before += self._bind(name, given[name], macro.body, inner)
        for name in assigned(macro.body):
            inner.bound[name] = nodes.Name(self._fresh(name), "load")
        return scoped([*before, *self.body(macro.body, inner)])

    def _bind(
        self, name: str, value: nodes.Expr, body: list[nodes.Node], inner: Names
    ) -> list[nodes.Node]:
        """Let a name stand for a value; one that is costly and used twice is worked out once."""
        if is_simple(value) or uses(body, name) < 2:
            inner.bound[name] = value
            return []
        fresh = self._fresh(name)
        inner.bound[name] = nodes.Name(fresh, "load")
        return [nodes.Assign(nodes.Name(fresh, "store"), value)]

    def _fresh(self, name: str) -> str:
        return f"{name}__{next(self._numbers)}"
