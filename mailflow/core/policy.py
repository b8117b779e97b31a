"""Every deadline and limit of the business, as one value. Defaults are those of DOMAIN.md §6."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """Set in `[policy]` of the configuration. Days are whole days of 24 hours."""

    activation_days: int = 90  # S27: from CONFIRM to expiry
    review_reminder_days: tuple[int, ...] = (3,)  # DRAFT and REVIEW, since the last change
    lapse_days: int = 14  # DRAFT and REVIEW end unfinished, since the last change
    customer_reminder_days: tuple[int, ...] = (7, 30, 60, 83)
    customer_reminder_days_order: tuple[int, ...] = (3, 7, 14, 21, 30, 45, 60, 75, 83)
    partner_reminder_days: tuple[int, ...] = (60, 83)
    nominations: int = 3
    resend_hours: int = 24  # at most one RESEND in this time
    max_users: int = 50  # S16
    max_account_name: int = 120  # S11, characters
    max_note: int = 1000  # S14, characters
    # Answers to unknown text, per thread and part (DOMAIN.md §4): a machine that answers us is left
    # alone soon. The last one before a silence says so, and leads a person to another person.
    unknown_answers_per_hour: int = 1
    unknown_answers_per_day: int = 8
    refusals_per_day: int = 1  # per address
    # Answers that change nothing (status, help, "already active", …): what two machines could
    # write to each other for ever, and many more than a partner with many customers asks for.
    idle_answers_per_day: int = 150  # per address
    idle_answers_per_hour: int = 60  # per address
    idle_answers_per_thread: int = 20  # per request and part, in an hour
    # Mail of one sender that reads as a letter of a service like this one, or that asks for the
    # very same thing, is answered so often in a day; then it waits for the operator.
    echoes_per_day: int = 2
    same_requests_per_day: int = 10
    letters_to_outsider_per_day: int = 10  # that one partner brings about, to one address
    digest_hour: int = 7  # the operator hears of the quarantine at the first look after this
    bounced_hold_days: int = 7  # a failed customer address that nobody mends is looked at
    max_faults: int = 3  # after so many faults of ours a message is set aside as failed
    keep_raw_days: int = 30  # bytes of finished mail are wiped after this
    max_quarantine_bytes: int = 104_857_600  # of mail that led to nothing, the newest first
    domain_colleagues_may_accept: bool = False  # a reply from another address in the domain
