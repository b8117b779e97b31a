"""Every situation in which a letter is written, with made-up people.

For `mailflow letters preview`, `lint` and `test-send`, and for all tests of letters. Nobody in
here exists, and no address can be reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mailflow.config import ServiceSettings
from mailflow.core.letter import WITH_STATUS_PAGE, Audience, Kind, Letter
from mailflow.core.request import Fields, Person, Problem, Request, State
from mailflow.letters.finish import Envelope

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
#: A secret of the right form.
TOKEN = "abcdefgh234567abcdefgh234567abcd"  # noqa: S105 - opens nothing

P, C, N, U = Audience.PARTNER, Audience.APPROVER, Audience.NOTICE, Audience.USER
S, OP, A = Audience.STRANGER, Audience.OPERATOR, Audience.ADMINISTRATOR

PARTNER = Person("tom.baker@partner.example", "Tom Baker", "Northwind Partner Ltd")
CUSTOMER = "ana.garcia@alimentos.example"
COLLEAGUE = "ben@alimentos.example"
FIELDS = Fields(
    account_name="Alimentos del Sur S.A.",
    customer_email=CUSTOMER,
    account_domain="alimentos.example",
    note_to_customer="Dear Ana,\nas agreed on the phone.\nSee https://portal.partner.example/x",
    user_emails=(COLLEAGUE, "carla@external.example"),
    note_to_users="Welcome! Ask me if you have questions.",
    notice_email="notices@partner.example",
    order_number="PO-2026-118",
    order_date="2026-12-01",
)
BARE = Fields("Alimentos del Sur S.A.", CUSTOMER, "alimentos.example")
PENDING = Request(
    reference="SA-7K3M-Q2XV",
    state=State.PENDING,
    requester=PARTNER,
    fields=FIELDS,
    opened_at=NOW,
    touched_at=NOW,
    approver=CUSTOMER,
    created_at=NOW,
    expires_at=NOW + timedelta(days=90),
    provenance={"account_domain": "proposed", "customer_email": "forwarded"},
)
PROBLEMS = (
    Problem("missing:customer_email", "customer_email"),
    Problem("invalid:account_domain", "account_domain", "alimentos,example", "alimentos.example"),
    Problem("conflict:order_number", "order_number", "PO-1 / PO-2"),
)
NEAR = Problem("domain_mismatch", "customer_email", "ana@alimento.example", CUSTOMER)
ERROR_CODES = (
    *(f"missing:{n}" for n in ("account_name", "customer_email", "account_domain", "order_date")),
    *(f"invalid:{n}" for n in FIELDS.given()),
    *(f"conflict:{n}" for n in ("account_name", "customer_email")),
    *(f"ours:{n}" for n in ("customer_email", "user_emails", "notice_email")),
    "freemail:account_domain", "freemail:customer_email", "unsure:customer_email",
    "approver_is_requester", "several_requests",
    "too_many:user_emails", "too_long:note_to_users", "something:order_number", "something",
)  # fmt: skip
WARNING_CODES = (
    "domain_derived", "domain_mismatch", "external_user", "role_address", "duplicate_user",
    "customer_in_users", "from_forwarded", "earlier_request_expired", "note_without_users",
    "lookalike_domain",
    "something",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """One situation: which letter, told apart by what, to whom, about which request."""

    kind: Kind
    case: str
    audience: Audience
    request: Request | None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.case}" if self.case else str(self.kind)


def in_state(state: str, **changes: Any) -> Request:
    """The sample request in another state."""
    ended = NOW + timedelta(days=20) if state in ("active", "declined", "expired") else None
    return replace(PENDING, state=State(state), ended_at=ended, **changes)


def _problems(codes: tuple[str, ...], value: str, suggestion: str = "") -> list[Problem]:
    return [Problem(code, code.partition(":")[2], value, suggestion) for code in codes]


def _step(name: str, day: int, **entry: Any) -> dict[str, Any]:
    at = NOW + timedelta(days=day)
    return {"at": at, "what": "event", "name": name, "to": "", "state": "", **entry}


EVENTS = (
    "opened", "question_sent", "review_sent", "changed", "confirmed", "activation_sent", "reminded",
    "reminder_skipped",
    "nominated", "bounced", "absent", "held", "released", "accepted", "declined", "cancelled",
    "expired", "lapsed", "renewed", "customer_ready", "case_asked", "user_spared",
    "something_new",
)  # fmt: skip
TIMELINE = [
    *(_step(name, day) for day, name in enumerate(EVENTS)),
    _step("activation", 30, what="letter", to=CUSTOMER, state="sent"),
    _step("activation", 31, what="letter", to=CUSTOMER, state="due"),
    _step("review", 32, what="letter", to=PARTNER.email, state="sent"),
    {"at": NOW, "text_key": "changed", "data": {"fields": ["user_emails", "notice_email"]}},
    {"at": NOW, "text_key": "nominated", "data": {"old": CUSTOMER, "new": COLLEAGUE}},
    {"at": NOW, "text_key": "activation_sent", "data": {"to": COLLEAGUE, "again": True}},
    {"at": NOW, "text_key": "bounced", "data": {"address": COLLEAGUE}},
    {"at": NOW, "text_key": "accepted", "data": {"way": "click"}},
    {"at": NOW, "text_key": "cancelled", "data": {"by": "operator"}},
    {"at": NOW, "text_key": "renewed", "data": {"renewed_as": "SA-2222-3333"}},
]
_BOUNCE = "550 5.1.1 <ana.garcia@alimentos.example>: Recipient address rejected: User unknown"
_BARE = replace(PENDING, fields=BARE)
_ROWS = [
    {"id": 17, "sender": "x@y.example", "reason": "not proven: x.example", "at": NOW},
    {"id": 16, "sender": "", "reason": "", "at": NOW},
]


def _all() -> list[Sample]:
    """The table, in the order of the kinds."""
    table: list[tuple[str, str, Audience, Request | None, dict[str, Any]]] = [
        ("help", "", S, None, {"why": "asked"}),
        ("help", "empty", S, None, {"why": "empty"}),
        ("help", "not_understood", S, None, {"why": "not_understood"}),
        ("help", "documents", S, None, {"why": "documents"}),
        ("help", "question", S, None, {"why": "question"}),
        ("help", "no_values", S, None, {"why": "no_values", "mentioned": (CUSTOMER, COLLEAGUE)}),
        ("help", "prose", S, None, {"why": "prose", "filled": FIELDS.given()}),
        ("help", "thread", P, in_state("review"), {"why": "asked", "filled": FIELDS.given()}),
        ("help", "customer", C, PENDING, {"why": "asked"}),
        ("help", "user", U, in_state("active"), {"why": "asked"}),
        (
            "question", "", P, in_state("draft"),
            {"problems": PROBLEMS, "understood": FIELDS.given(), "new": True},
        ),
        (
            "question", "words", P, in_state("draft"),
            {"problems": PROBLEMS[:1], "new": False, "said": "words", "leftover": _LEFT},
        ),
        ("question", "one", P, in_state("draft"), {"problems": PROBLEMS[:1], "new": False}),
        ("question", "late", P, PENDING, {"problems": PROBLEMS[1:2]}),
        ("question", "nothing", P, in_state("draft", fields=Fields()), {"problems": PROBLEMS[:1]}),
        (
            "question", "all", P, in_state("draft"),
            {"problems": _problems(ERROR_CODES, "some,value", "12/10")},
        ),
        (
            "question", "free_mail", P, in_state("draft"),
            {"problems": (Problem("missing:account_domain", "account_domain", "x@mail.example"),)},
        ),
        ("question", "bare", P, in_state("draft"), {"problems": _problems(ERROR_CODES, "")}),
        ("review", "", P, in_state("review"), {"warnings": []}),
        (
            "review", "older", P, in_state("review", fields=BARE, previous="SA-1111-2222"),
            {"older": True, "changed": ["account_domain", "user_emails"]},
        ),
        (
            "review", "all", P, in_state("review", on_behalf=True),
            {"warnings": _problems(WARNING_CODES, "x@y.example")},
        ),
        (
            "review", "words", P, in_state("review", fields=BARE),
            {"said": "words", "changed": ["user_emails"], "was": {"user_emails": COLLEAGUE},
             "leftover": _LEFT},
        ),
        ("review", "near", P, in_state("review"), {"warnings": (NEAR, NEAR)}),
        ("review", "bare", P, in_state("review"), {"warnings": _problems(WARNING_CODES, "")}),
        ("completion", "", P, PENDING, {}),
        ("completion", "notice", N, PENDING, {}),
        ("activation", "", C, PENDING, {}),
        ("activation", "bare", C, _BARE, {"again": True, "nominated_by": CUSTOMER}),
        ("activation", "on_behalf", C, replace(PENDING, on_behalf=True), {}),
        ("reminder_customer", "", C, PENDING, {"days_left": 30}),
        ("reminder_customer", "last", C, _BARE, {"days_left": 1, "last": True}),
        ("still_waiting", "", P, PENDING, {"days_left": 30}),
        (
            "still_waiting", "notice", N, replace(PENDING, undeliverable="550"),
            {"days_left": 1},
        ),
        *(
            ("confirmation_partner", f"{way}-{to}", to, in_state("active"),
             {"accepted_by": CUSTOMER, "way": way, "at": NOW})
            for way in ("reply", "click", "")
            for to in (P, N)
        ),
        ("confirmation_customer", "", C, in_state("active"), {"way": "reply", "at": NOW}),
        ("confirmation_customer", "bare", C, in_state("active", fields=BARE), {}),
        ("access", "", U, in_state("active"), {}),
        ("access", "bare", U, in_state("active", fields=BARE), {}),
        ("declined", "", P, in_state("declined"), {"reason": "We have one.", "by": CUSTOMER}),
        ("declined", "notice", N, in_state("declined"), {"reason": "", "by": CUSTOMER}),
        ("declined_receipt", "", C, in_state("declined"), {"reason": "We have one."}),
        ("declined_receipt", "bare", C, in_state("declined"), {}),
        ("expiry_notice", "", P, in_state("expired"), {}),
        ("expiry_notice", "notice", N, in_state("expired"), {}),
        ("expiry_customer", "", C, in_state("expired"), {}),
        ("expiry_customer", "not_me", C, in_state("expired"), {"offer": False}),
        ("expiry_customer", "told", C, in_state("expired", ready_told=True), {}),
        ("cancelled", "", P, in_state("cancelled"), {"by": "partner"}),
        (
            "cancelled", "operator", P, in_state("cancelled", approver=""),
            {"by": "operator", "reason": "The domain belongs to somebody else."},
        ),
        ("cancelled", "bare", P, in_state("cancelled", fields=Fields(), approver=""), {}),
        ("cancelled_customer", "", C, in_state("cancelled"), {"by": "partner"}),
        ("cancelled_customer", "operator", C, in_state("cancelled"), {"by": "operator"}),
        ("address_failed", "", P, PENDING, {"address": CUSTOMER, "detail": _BOUNCE}),
        *(
            ("address_failed", f"notice-{state}", P,
             in_state(state, fields=replace(FIELDS, notice_email="desk@partner.example")),
             {"address": "desk@partner.example", "detail": _BOUNCE})
            for state in ("pending", "expired")
        ),
        *(
            ("address_failed", plain, P, in_state("active"), {"address": COLLEAGUE, "plain": plain})
            for plain in ("no_such_user", "mailbox_full", "refused", "domain_gone", "other")
        ),
        *(
            ("refusal", code, S, None, {"code": code})
            for code in ("not_registered", "inactive_account", "internal_staff")
        ),
        *(
            ("duplicate", status, S, None, {
                "status": status, "domain": "alimentos.example", "relayed": relayed,
                "own_reference": "SA-1111-2222" if status.startswith("own") else "",
            })
            for status, relayed in (
                ("own_pending", False), ("own_hold", False), ("pending", False), ("hold", False),
                ("active", True),
            )
        ),
        (
            "duplicate", "own", P, PENDING,
            {"status": "own_pending", "domain": "alimentos.example", "own_reference": "SA-1111"},
        ),
        ("duplicate", "alone", S, None, {"status": "active", "domain": "alimentos.example"}),
        (
            "access_request", "", A, None,
            {
                "domain": "alimentos.example", "account_name": "Alimentos", "note": "Please.",
                "asker_name": PARTNER.name, "asker_company": PARTNER.company,
                "asker_email": PARTNER.email,
            },
        ),
        ("access_request", "bare", A, None,
         {"domain": "alimentos.example", "asker_email": PARTNER.email}),
        ("status", "", P, PENDING, {"timeline": TIMELINE}),
        ("status", "resent", P, replace(PENDING, undeliverable="550"), {"resent": True}),
        ("status", "draft", P, in_state("draft", fields=Fields(), approver=""), {}),
        *(
            ("settled", f"partner-{state}" + ("" if at else "-undated"), P, in_state(state),
             {"state": state, "at": at})
            for state in ("draft", *_SETTLED) for at in (NOW, None)
        ),
        *(
            ("settled", f"customer-{state}", C, in_state(state),
             {"state": state, "at": NOW, "can_tell_ready": state == "expired"})
            for state in _SETTLED
        ),
        *(
            ("settled", f"resend_later-{to}", to, PENDING,
             {"state": "pending", "sent_at": NOW, "again_at": NOW + timedelta(days=1)})
            for to in (P, C)
        ),
        *(
            ("settled", f"late-{asked}-{state}", C, in_state(state),
             {"state": state, "at": NOW, "asked": asked})
            for asked, state in (("decline", "active"), ("accept", "declined"), ("not_me", "hold"),
                                 ("ready", "pending"))
        ),
        (
            "settled", "renewed", P, in_state("expired", renewed_as="SA-2222-3333"),
            {"state": "expired"},
        ),
        ("settled", "ready", C, in_state("expired", ready_told=True), {"state": "ready"}),
        *(
            ("unknown_reply", f"partner-{why}", P, in_state("review"),
             {"why_code": why, "read": "?"})
            for why in _WHYS
        ),
        ("unknown_reply", "too_often", P, in_state("review"), {"why_code": "too_often"}),
        *(
            ("unknown_reply", f"customer-{why}", C, PENDING, {"why_code": why, "read": "?"})
            for why in (*_WHYS, "nominee_invalid", "nominee_same", "nominee_too_many",
                        "nominee_outside", "nominee_ours", "accept_but", "unsubscribe",
                        "in_subject", "thumb")
        ),
        *(
            ("unknown_reply", f"near-{near}", C, PENDING,
             {"why_code": "unclear", "read": "No, ask ben@alimentos.example", "near": near,
              "address": COLLEAGUE})
            for near in ("accept", "decline", "not_me", "nominate")
        ),
        ("unknown_reply", "question-nominate", C, PENDING,
         {"why_code": "question", "read": "Ben?", "near": "nominate", "address": COLLEAGUE}),
        ("unknown_reply", "unsubscribe-active", C, in_state("active"),
         {"why_code": "unsubscribe"}),
        *(
            ("unknown_reply", f"in-{state}", P, in_state(state), {})
            for state in ("draft", *_SETTLED)
        ),
        *(
            ("unknown_reply", f"thanks-{to}-{state}", to, in_state(state), {"why_code": "thanks"})
            for to, state in ((P, "draft"), (P, "review"), (C, "pending"))
        ),
        ("unknown_reply", "lines-draft", P, in_state("draft"),
         {"why_code": "unclear", "read": "let me ask them",
          "lines": [("customer_email", "", ""), ("account_domain", "alimentos.example", "")]}),
        ("unknown_reply", "lines-review", P, in_state("review"),
         {"why_code": "unclear", "read": "could it be Ben?",
          "lines": [("customer_email", COLLEAGUE, "")]}),
        ("unknown_reply", "lines-pending", P, PENDING,
         {"why_code": "unclear", "read": "add Ben, drop Carla",
          "lines": [("user_emails", COLLEAGUE, "add"), ("user_emails", COLLEAGUE, "remove")]}),
        ("unknown_reply", "last", P, in_state("review"), {"read": "ok, do it"}),
        ("unknown_reply", "user", U, in_state("active"), {"read": "thanks"}),
        ("on_hold", "", P, in_state("hold"), {}),
        ("released", "", P, PENDING, {}),
        ("released_customer", "", C, PENDING, {}),
        ("reminder_partner", "", P, in_state("review"), {"state": "review", "days_left": 11}),
        (
            "reminder_partner", "draft", P, in_state("draft"),
            {"state": "draft", "days_left": 1, "problems": PROBLEMS},
        ),
        ("lapsed", "", P, in_state("lapsed"), {}),
        ("lapsed", "bare", P, in_state("lapsed", fields=Fields(), approver=""), {}),
        *(
            ("approver_changed", f"{by}-{state}", P, in_state(state),
             {"old": CUSTOMER, "new": COLLEAGUE, "by": by,
              "warnings": (NEAR,) if by == "partner" else ()})
            for by in ("nominated", "partner") for state in ("pending", "hold")
        ),
        ("approver_replaced", "", C, PENDING, {}),
        ("approver_replaced", "own", C, PENDING, {"new": COLLEAGUE}),
        ("changed", "", P, PENDING, {"changed": ["user_emails", "note_to_users", "notice_email"]}),
        ("changed", "order", P, PENDING, {"changed": ["order_number", "order_date"]}),
        ("absent", "", P, PENDING, {"address": CUSTOMER, "until": "2026-12-08"}),
        ("absent", "unknown", P, PENDING, {"address": CUSTOMER, "until": ""}),
        ("customer_ready", "", P, in_state("expired"), {}),
        ("case", "", P, replace(PENDING, undeliverable="550"), {"text": "Please help,\nthanks"}),
        ("case", "customer", C, PENDING, {"text": "Please call"}),
        ("case", "stranger", S, None, {"text": ""}),
        ("feedback_thanks", "", P, PENDING, {}),
        ("feedback_thanks", "stranger", S, None, {"text": "Good"}),
        ("english", "", C, PENDING, {"original_kind": "activation", "again": True}),
        ("wrong_sender", "", S, None, {"why": "wrong_sender"}),
        ("wrong_sender", "partner", S, None, {"why": "wrong_sender", "part": "partner"}),
        ("wrong_sender", "colleague", S, None,
         {"why": "wrong_sender", "part": "partner", "holder": PARTNER.email}),
        ("wrong_sender", "no_secret", C, PENDING, {"why": "no_secret"}),
        ("wrong_sender", "unproven", C, PENDING, {"why": "unproven"}),
        ("unknown_token", "", S, None, {}),
        *(
            ("operator_notice", what, OP, in_state("hold" if "me" in what else "pending"),
             {"what": what, "reason": "In my words", "address": CUSTOMER})
            for what in ("case", "not_me", "held", "nominee_outside", "partner_address_failed",
                         "a worker fell over")
        ),
        ("operator_notice", "bare", OP, None, {"what": "case"}),
        ("quarantine_digest", "", OP, None, {"rows": _ROWS, "count": 2}),
        (
            "quarantine_digest", "many", OP, None,
            {"rows": _ROWS * 3, "count": 120, "reasons": [("not proven", 119), ("", 1)]},
        ),
    ]  # fmt: skip
    return [Sample(Kind(kind), case, to, request, data) for kind, case, to, request, data in table]


_SETTLED = ("pending", "hold", "active", "declined", "expired", "cancelled", "lapsed", "review")
_LEFT = (
    Problem("unfinished", "account_domain", "SA-2222-3333"),
    Problem("unplaced", "", COLLEAGUE), Problem("not_understood", "", "Region: EMEA"),
    Problem("no_such_user", "user_emails", COLLEAGUE),
)  # fmt: skip
_WHYS = (
    "", "unclear", "question", "both", "condition", "later", "negation", "receipt", "empty",
    "no_words", "not_yours", "cancel_first", "asked",
)  # fmt: skip
SAMPLES = _all()  # kept for good: `read` below knows them by identity


def letter(sample: Sample, to: str, language: str) -> Letter:
    """The letter of a situation, before it is written."""
    letter = Letter(sample.kind, to, language, sample.audience, sample.request, sample.data)
    if sample.name == "unknown_reply-last":
        return replace(letter, nth=3, silent_until=NOW + timedelta(hours=1))
    return letter


def envelope(sample: Sample, service: ServiceSettings) -> Envelope:
    """What `flow` would give this letter: secrets only for partner and approver."""
    secret = (
        sample.request is not None
        and sample.audience in (P, C)
        and sample.kind is not Kind.APPROVER_REPLACED
    )
    path = "a" if sample.audience is C else "s" if sample.kind in WITH_STATUS_PAGE else ""
    return Envelope(
        message_id=f"<0123456789abcdef@{service.domain}>",
        date=NOW,
        sender=service.address,
        now=NOW,
        reply_to=service.reply_address(TOKEN) if secret else service.address,
        page_url=f"{service.public_url}/{path}/{TOKEN}" if secret and path else "",
        in_reply_to="<question@partner.example>",
        references=("<first@partner.example>",),
    )
