"""A request as a JSON document, and back. Pure functions.

Only what differs from the default is written, so documents stay small and a default may not be
changed without a migration. Keys that are not known (written by a later version) are ignored;
missing ones take their defaults. `id` and `version` are columns, not part of the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from typing import Any, get_type_hints

from mailflow.core.request import Fields, Person, Problem, Request, Role, State

Document = dict[str, Any]

_TIMES = tuple(
    name for name, kind in get_type_hints(Request).items() if kind in (datetime, datetime | None)
)
_TUPLES = tuple(
    name
    for name, kind in get_type_hints(Request).items()
    if kind in (tuple[int, ...], tuple[str, ...])
)
_PLAIN = tuple(
    f.name
    for f in fields(Request)
    if f.name
    not in {
        "id", "version", "state", "requester", "fields", "provenance", "errors", "warnings",
        *_TIMES, *_TUPLES,
    }
)  # fmt: skip


def _defaults(kind: Any) -> dict[str, Any]:
    return {f.name: f.default for f in fields(kind) if f.default is not MISSING}


_REQUEST_DEFAULTS = _defaults(Request)
_FIELDS_DEFAULTS = _defaults(Fields)
_PERSON_DEFAULTS = _defaults(Person)
_PROBLEM_DEFAULTS = _defaults(Problem)
_LISTS = frozenset({"user_emails"})


def to_document(request: Request) -> Document:
    """A request as a value that JSON can hold."""
    document: Document = {
        "state": request.state.value,
        "requester": _flat(request.requester, _PERSON_DEFAULTS),
        "fields": _flat(request.fields, _FIELDS_DEFAULTS),
    }
    for name in _PLAIN:
        value = getattr(request, name)
        if name not in _REQUEST_DEFAULTS or value != _REQUEST_DEFAULTS[name]:
            document[name] = value
    for name in _TIMES:
        moment = getattr(request, name)
        if moment is not None:
            document[name] = moment.astimezone(UTC).isoformat()
    if request.provenance:
        document["provenance"] = {key: str(value) for key, value in request.provenance.items()}
    if request.errors:
        document["errors"] = [_flat(problem, _PROBLEM_DEFAULTS) for problem in request.errors]
    if request.warnings:
        document["warnings"] = [_flat(problem, _PROBLEM_DEFAULTS) for problem in request.warnings]
    for name in _TUPLES:
        if parts := getattr(request, name):
            document[name] = list(parts)
    return document


def from_document(document: Mapping[str, Any], *, id: int, version: int) -> Request:
    """The request that a document holds."""
    values: dict[str, Any] = {name: document[name] for name in _PLAIN if name in document}
    for name in _TIMES:
        if document.get(name) is not None:
            values[name] = datetime.fromisoformat(document[name])
    values.setdefault("touched_at", values["opened_at"])
    if "provenance" in document:
        values["provenance"] = dict(document["provenance"])
    values |= {name: tuple(document[name]) for name in _TUPLES if name in document}
    person = _known(document["requester"], _PERSON_NAMES)
    if "role" in person:
        person["role"] = Role(person["role"])
    return Request(
        id=id,
        version=version,
        state=State(document["state"]),
        requester=Person(**person),
        fields=Fields(**_known(document["fields"], _FIELDS_NAMES)),
        errors=_problems(document.get("errors", ())),
        warnings=_problems(document.get("warnings", ())),
        **values,
    )


_PERSON_NAMES = frozenset(f.name for f in fields(Person))
_FIELDS_NAMES = frozenset(f.name for f in fields(Fields))
_PROBLEM_NAMES = frozenset(f.name for f in fields(Problem))


def _flat(value: Any, defaults: Mapping[str, Any]) -> Document:
    """A flat dataclass as a document, without what is the default."""
    document: Document = {}
    for name in value.__slots__:
        part = getattr(value, name)
        if name not in defaults or part != defaults[name]:
            document[name] = list(part) if isinstance(part, tuple) else part
    return document


def _known(document: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {
        name: tuple(value) if name in _LISTS else value
        for name, value in document.items()
        if name in names
    }


def _problems(documents: Any) -> tuple[Problem, ...]:
    return tuple(Problem(**_known(one, _PROBLEM_NAMES)) for one in documents)
