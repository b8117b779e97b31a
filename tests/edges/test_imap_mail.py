"""What a mailbox still tells of the envelope."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.ingress.imap_mail import MAX_RECIPIENTS, Addresses, incoming, return_path

OURS = Addresses("requests@vendor.example", ("bounce@vendor.example",))
HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
TAG = "a" * 32


def read(head: str, headers: tuple[str, ...] = HEADERS) -> tuple[str, ...]:
    raw = head.encode("utf-8", "surrogateescape") + b"\r\n\r\nTo: requests+body@vendor.example\r\n"
    return incoming(
        raw, mailbox="sales", ours=OURS, recipient_headers=headers, received_at=None
    ).recipients


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ("To: requests@vendor.example", ["requests@vendor.example"]),
        ("TO: Requests <REQUESTS@Vendor.Example>", ["REQUESTS@Vendor.Example"]),
        (f'To: "A, b" <requests+{TAG}@vendor.example>', [f"requests+{TAG}@vendor.example"]),
        (f"Cc: x@y.example,\r\n requests+{TAG}@vendor.example", [f"requests+{TAG}@vendor.example"]),
        (f"Cc: team: bounce+{TAG}@vendor.example;", [f"bounce+{TAG}@vendor.example"]),
        (
            "To: requests@vendor.example\r\nDelivered-To: bounce@vendor.example",
            ["bounce@vendor.example", "requests@vendor.example"],
        ),
        ("To: requests@vendor.example, REQUESTS@vendor.example", ["requests@vendor.example"]),
        # Nothing of ours: Bcc, an alias, a list. It is in our mailbox all the same.
        ("To: somebody@else.example", ["requests@vendor.example"]),
        ("Subject: nothing", ["requests@vendor.example"]),
        ("X-Other: requests+tag@vendor.example", ["requests@vendor.example"]),
        # Not ours, however alike.
        ("To: my.requests+a@vendor.example", ["requests@vendor.example"]),
        ("To: x-requests+a@vendor.example", ["requests@vendor.example"]),
        ("To: requests+a@vendor.example.evil.example", ["requests@vendor.example"]),
        ("To: requests+a@vendor-example", ["requests@vendor.example"]),
        ("To: requests+a b@vendor.example", ["requests@vendor.example"]),
        ("To: \udcff\udcfe requests+a@vendor.example", ["requests+a@vendor.example"]),
    ],
)
def test_recipients(head: str, found: list[str]) -> None:
    assert read(head) == tuple(found)


def test_only_the_named_fields_count() -> None:
    head = f"To: requests+{TAG}@vendor.example\r\nEnvelope-To: bounce@vendor.example"
    assert read(head, ("Envelope-To",)) == ("bounce@vendor.example",)


def test_there_is_a_most() -> None:
    many = ", ".join(f"requests+{n}@vendor.example" for n in range(500))
    assert len(read(f"To: {many}")) == MAX_RECIPIENTS


def test_the_rest_of_the_envelope() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    raw = b"Return-Path: <alba@cobalt.example>\r\n\r\n"
    mail = incoming(raw, mailbox="sales", ours=OURS, recipient_headers=HEADERS, received_at=at)
    assert (mail.raw, mail.peer, mail.source) == (raw, "imap:sales", "imap:sales")
    assert (mail.mail_from, mail.received_at) == ("alba@cobalt.example", at)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (b"<alba@cobalt.example>", "alba@cobalt.example"),
        (b"alba@cobalt.example", "alba@cobalt.example"),
        (b"<>", ""),
        (b" <> ", ""),
        (b"", None),
        (b"nonsense", None),
        (b"<alba@cobalt.example> (comment)", None),
        (b"<a\x00@cobalt.example>", None),
    ],
)
def test_return_path(value: bytes, path: str | None) -> None:
    assert return_path([("subject", b"x"), ("return-path", value)]) == path


def test_the_topmost_return_path_counts() -> None:
    """The delivering server writes on top; those below are a stranger's."""
    assert return_path([("return-path", b"<>"), ("return-path", b"<a@b.example>")]) == ""
    assert return_path([("subject", b"none")]) is None


@given(st.binary(max_size=400), st.lists(st.sampled_from([b"\n", b"\r", b":", b"<", b"\x00"])))
def test_any_bytes_are_taken(raw: bytes, more: list[bytes]) -> None:
    raw += b"To".join(more)
    mail = incoming(raw, mailbox="m", ours=OURS, recipient_headers=HEADERS, received_at=None)
    assert mail.raw == raw
    assert mail.recipients


def test_a_long_header_takes_no_time() -> None:
    """What is quadratic here would take minutes."""
    for piece in ("requests+", "requests@", "a" * 9, "requests+a@vendor.exampl,"):
        read("To: " + piece * 50_000)
