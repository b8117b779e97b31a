"""Values of a template, woven: constants worked out, sentences translated, calls made direct."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, nodes
from jinja2.runtime import markup_join, str_join
from markupsafe import Markup, escape

from mailflow.letters.folders import LetterError
from mailflow.letters.pieces import Stays, filtered, items_of, pieces_of, written

_SPECIAL = frozenset({"caller", "varargs", "kwargs", "self", "super"})


@dataclass(frozen=True, slots=True)
class Home:
    """What the body of a macro can see by name besides its arguments and the globals."""

    macros: dict[str, Definition]
    modules: dict[str, Home]
    sealed: bool  # of another file: it sees nothing of the template that calls it


@dataclass(frozen=True, slots=True)
class Definition:
    """A macro and where it is at home."""

    macro: nodes.Macro
    home: Home


@dataclass(slots=True)
class Names:
    """The names of one place: `bound` stand for something else, the others are those of `home`."""

    home: Home
    bound: dict[str, nodes.Expr] = field(default_factory=dict)
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an environment while its templates are loaded.

    `fixed` are values that never change while the program runs; `pure` functions whose result
    depends on their arguments only; `direct` those that are filters too, by the same name, which
    Jinja calls without detours; `sentence` splits a translation into text and names by turns.
    """

    fixed: Mapping[str, object]
    pure: Mapping[str, Callable[..., Any]]
    direct: frozenset[str]
    sentence: Callable[[str], Sequence[str]] | None


class Values(ABC):
    """Weaves the values of one template. `own`: the names it gives itself, which are left alone."""

    def __init__(
        self, environment: Environment, known: Known, own: frozenset[str], name: str | None
    ) -> None:
        self._environment = environment
        self._known = known
        self._own = own
        self._context = nodes.EvalContext(environment, name)
        self._escaped = bool(self._context.autoescape)

    @abstractmethod
    def _expanded(self, found: Definition, call: nodes.Call, names: Names) -> list[nodes.Node]:
        """The body of a macro in the place of its call. Raises Stays."""

    def value(self, node: nodes.Node, names: Names) -> nodes.Expr:
        """An expression, woven: a copy, constant where it can be."""
        match node:
            case nodes.Name(ctx="load"):
                return self._name(node, names)
            case nodes.Getattr():
                if (
                    isinstance(node.node, nodes.Name)
                    and node.node.name == "loop"
                    and isinstance(first := names.bound.get("loop"), nodes.Const)
                ):
                    return first
                setting = self._setting(node, names)
                if isinstance(setting, str | bool):
                    return nodes.Const(setting, lineno=node.lineno)
            case nodes.Call():
                return self._call(node, names)
            case nodes.CondExpr():
                test = self.value(node.test, names)
                if isinstance(test, nodes.Const):
                    branch = node.expr1 if test.value else node.expr2
                    if branch is not None:
                        return self.value(branch, names)
            case nodes.And() | nodes.Or():
                left = self.value(node.left, names)
                if isinstance(left, nodes.Const):
                    goes_on = bool(left.value) is isinstance(node, nodes.And)
                    return self.value(node.right, names) if goes_on else left
        return self._constant(self._copy(node, names))

    def _copy(self, node: nodes.Node, names: Names) -> Any:
        def again(value: Any) -> Any:
            if isinstance(value, nodes.Expr):
                return self.value(value, names)
            if isinstance(value, nodes.Node):
                return self._copy(value, names)
            return [again(item) for item in value] if isinstance(value, list) else value

        return type(node)(*(again(getattr(node, f)) for f in node.fields), lineno=node.lineno)

    def _name(self, node: nodes.Name, names: Names) -> nodes.Expr:
        bound = names.bound.get(node.name)
        if bound is not None:
            return bound
        if names.home.sealed and (
            node.name in self._own or node.name not in self._environment.globals
        ):
            if node.name != "loop":
                raise Stays
        elif names.depth and (node.name in _SPECIAL or node.name in self._own):
            raise Stays
        fixed = None if node.name in self._own else self._known.fixed.get(node.name)
        if isinstance(fixed, str | tuple):
            return nodes.Const(fixed, lineno=node.lineno)
        return nodes.Name(node.name, "load", lineno=node.lineno)

    def _setting(self, node: nodes.Expr, names: Names) -> object:
        """A setting of the service: `service.support_url`, `colours.brand`."""
        if isinstance(node, nodes.Name):
            free = node.name not in names.bound and node.name not in self._own
            return self._known.fixed.get(node.name) if free else None
        if isinstance(node, nodes.Getattr):
            owner = self._setting(node.node, names)
            if isinstance(owner, Mapping):
                return owner.get(node.attr)
            return None if owner is None else getattr(owner, node.attr, None)
        return None

    def _constant(self, node: nodes.Expr) -> nodes.Expr:
        """The constant that an expression is, or the expression."""
        if isinstance(node, nodes.Const):
            return node
        if isinstance(node, nodes.Filter) and node.name in ("length", "count"):
            items = items_of(node.node) if node.node is not None else None
            if items is not None:
                return nodes.Const(len(items), lineno=node.lineno)
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            items, place = items_of(node.node), node.arg.value
            if items is not None and type(place) is int and 0 <= place < len(items):
                return items[place]
        if isinstance(node, nodes.Concat):
            return self._concat(node)
        if isinstance(node, nodes.List | nodes.Tuple):
            return node  # taken apart more easily as it is
        try:
            return nodes.Const.from_untrusted(node.as_const(self._context), lineno=node.lineno)
        except (nodes.Impossible, LetterError):  # a fault in a branch that may never be taken
            return node

    def _concat(self, node: nodes.Concat) -> nodes.Expr:
        """`a ~ b`: Jinja's own folding would forget that a constant is escaped already."""
        if not all(isinstance(one, nodes.Const) for one in node.nodes):
            return node
        values = [one.value for one in node.nodes if isinstance(one, nodes.Const)]
        join = markup_join if self._escaped else str_join
        return nodes.Const(join(values), lineno=node.lineno)

    def _macro(self, callee: nodes.Expr, names: Names) -> Definition | None:
        """The macro that a call means, if we know it."""
        home = names.home
        if isinstance(callee, nodes.Name) and callee.name not in names.bound:
            return home.macros.get(callee.name)
        if (
            isinstance(callee, nodes.Getattr)
            and isinstance(callee.node, nodes.Name)
            and callee.node.name not in names.bound
            and callee.node.name in home.modules
        ):
            return home.modules[callee.node.name].macros.get(callee.attr)
        return None

    def _call(self, node: nodes.Call, names: Names) -> nodes.Expr:
        found = self._macro(node.node, names)
        if found is not None:
            try:
                return self._joined(written(self._expanded(found, node, names)), node.lineno)
            except Stays:
                if names.depth:
                    raise
        woven: nodes.Call = self._copy(node, names)
        callee = woven.node
        if not isinstance(callee, nodes.Name) or callee.name in self._own:
            return woven
        if woven.dyn_args or woven.dyn_kwargs:
            return woven
        name = callee.name
        if name in self._known.pure:
            try:
                args = [arg.as_const(self._context) for arg in woven.args]
                kwargs = {pair.key: pair.value.as_const(self._context) for pair in woven.kwargs}
                return nodes.Const(self._known.pure[name](*args, **kwargs), lineno=node.lineno)
            except (nodes.Impossible, LetterError):
                pass
        if name in ("_", "gettext") and self._known.sentence and len(woven.args) == 1:
            text = woven.args[0]
            if isinstance(text, nodes.Const) and isinstance(text.value, str):
                return self._sentence(text.value, woven)
        if name in self._known.direct and woven.args:
            first, *rest = woven.args
            return nodes.Filter(first, name, rest, woven.kwargs, None, None, lineno=node.lineno)
        return woven

    def _sentence(self, message: str, call: nodes.Call) -> nodes.Expr:
        """A translated sentence with its values in it, each of which must be there."""
        assert self._known.sentence is not None
        values = {pair.key: pair.value for pair in call.kwargs}
        pieces: list[nodes.Expr] = []
        for place, piece in enumerate(self._known.sentence(message)):
            if place % 2 == 0:
                pieces.append(nodes.Const(Markup(piece) if self._escaped else piece))  # noqa: S704
            elif piece not in values:
                return call
            else:
                why = [nodes.Const(piece), nodes.Const(message)]
                pieces.append(filtered(values[piece], "given", why, call.lineno))
        return self._joined(pieces, call.lineno)

    def _joined(self, pieces: Sequence[nodes.Expr], lineno: int) -> nodes.Expr:
        """One value from pieces that were shown one after the other."""
        out: list[nodes.Expr] = []
        for piece in (inner for one in pieces for inner in pieces_of(one)):
            text = piece
            if isinstance(piece, nodes.TemplateData):
                text = nodes.Const(Markup(piece.data) if self._escaped else piece.data)  # noqa: S704
            elif isinstance(piece, nodes.Const) and isinstance(piece.value, str):
                text = nodes.Const(escape(piece.value) if self._escaped else piece.value)
            last = out[-1] if out else None
            if isinstance(text, nodes.Const) and isinstance(text.value, str):
                if text.value == "":
                    continue
                if isinstance(last, nodes.Const) and isinstance(last.value, str):
                    out[-1] = nodes.Const(last.value + text.value, lineno=lineno)
                    continue
            out.append(text)
        empty = nodes.Const(Markup() if self._escaped else "", lineno=lineno)
        if not out:
            return empty
        if len(out) == 1 and isinstance(out[0], nodes.Const) and isinstance(out[0].value, str):
            return out[0]
        first, *rest = out
        return filtered(first, "joined", rest, lineno)
