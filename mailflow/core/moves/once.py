"""One letter where the same person would get two that say the same."""

from __future__ import annotations

from collections.abc import Iterable

from mailflow.core.letter import Audience, Kind, Letter

#: What says enough → what it makes needless for the same address. Who asks for his own company is
#: partner and customer in one; his notice address may be the customer's as well.
_ENOUGH: dict[Kind, Kind] = {
    Kind.CONFIRMATION_CUSTOMER: Kind.CONFIRMATION_PARTNER,
    Kind.DECLINED_RECEIPT: Kind.DECLINED,
    Kind.REMINDER_CUSTOMER: Kind.STILL_WAITING,
    Kind.RELEASED_CUSTOMER: Kind.RELEASED,
    Kind.SETTLED: Kind.ON_HOLD,
    # Here the partner's letter is the one that can be answered with more.
    Kind.CANCELLED: Kind.CANCELLED_CUSTOMER,
    Kind.EXPIRY_NOTICE: Kind.EXPIRY_CUSTOMER,
    Kind.APPROVER_CHANGED: Kind.APPROVER_REPLACED,
}


def once(letters: Iterable[Letter]) -> tuple[Letter, ...]:
    """The letters without those that another one to the same address makes needless.

    A letter to a notice address makes none needless: it can not be answered.
    """
    letters = tuple(letters)
    needless = {
        (_ENOUGH[one.kind], one.to)
        for one in letters
        if one.kind in _ENOUGH and one.audience is not Audience.NOTICE
    }
    return tuple(one for one in letters if (one.kind, one.to) not in needless)
