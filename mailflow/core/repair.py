"""A one-line repair put into what is already known of a request (DOMAIN.md §5, feature 1)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mailflow.core.commands import Submission
from mailflow.core.request import FIELD_NAMES, Fields, Provenance


def merge(
    fields: Fields, provenance: Mapping[str, str], submission: Submission
) -> tuple[Fields, Mapping[str, str]]:
    """The known fields with a repair put in: a new line replaces, an emptied line empties, and
    "Add user" adds, "Remove user" takes out.

    A domain that we had proposed is forgotten when the customer's address changes, so that it is
    proposed anew. Lines that could not be read change nothing; their problems are the caller's.
    """
    values: dict[str, Any] = {name: getattr(fields, name) for name in FIELD_NAMES}
    origin = dict(provenance)
    given = submission.fields.given()
    for name in submission.cleared:
        values[name] = () if name == "user_emails" else ""
        origin.pop(name, None)
    for name, value in given.items():
        if name == "user_emails" and submission.adding:
            value = tuple(dict.fromkeys((*fields.user_emails, *value)))
        values[name] = value
        origin[name] = submission.provenance.get(name, Provenance.OWN)
    if submission.removed:
        kept = tuple(u for u in values["user_emails"] if u not in submission.removed)
        values["user_emails"] = kept
        if not kept:
            origin.pop("user_emails", None)
    if (
        "customer_email" in given
        and "account_domain" not in given
        and provenance.get("account_domain") == Provenance.PROPOSED
    ):
        values["account_domain"] = ""
        origin.pop("account_domain", None)
    return Fields(**values), MappingProxyType(origin)
