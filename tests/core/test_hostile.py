"""Whatever comes in: no exception leaves the reader, the work is bounded (PROMISES.md I19)."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.core.automatic import automatic
from mailflow.core.bounce import read_bounce
from mailflow.core.form import read_form
from mailflow.core.message import Unreadable, read
from mailflow.core.newtext import own_text
from mailflow.core.policy import Policy
from mailflow.core.reply import read_reply
from tests.corpus import cases
from tests.mails.mutate import mutate

SECONDS = 2.0  # the promise is 5 s; a shared machine gets no more than this here


def whole(raw: bytes) -> None:
    """Every step of reading, as the daemon and `mailflow read` take them."""
    message = read(raw)
    if isinstance(message, Unreadable):
        assert message.reason
        return
    automatic(message, None)
    read_bounce(message)
    own = own_text(message)
    read_reply(own, "partner", message.subject)
    read_reply(own, "approver", message.subject)
    read_form(own, message.subject, Policy())


@given(st.binary(max_size=400))
def test_any_bytes(raw: bytes) -> None:
    whole(raw)


@given(st.text(max_size=300), st.sampled_from(["plain", "html"]))
def test_any_text(text: str, kind: str) -> None:
    whole(
        f"From: a@b.example\nContent-Type: text/{kind}; charset=utf-8\n\n{text}".encode(
            "utf-8", "replace"
        )
    )


def test_mutated_mails() -> None:
    choose = random.Random(7)
    seeds = [case.raw for case in cases()][::9]
    for _ in range(1500):
        whole(mutate(choose.choice(seeds), choose))


def _html(body: str) -> bytes:
    return b"From: a@b.example\nContent-Type: text/html\n\n" + body.encode()


def _plain(body: str) -> bytes:
    return b"From: a@b.example\n\n" + body.encode()


HOSTILE = {
    "quadratic From": b"From: " + b"a," * 30_000 + b"\n\nhi",
    "nested comments": b"From: " + b"(" * 5_000 + b"\n\nhi",
    "folded From": b"From: " + b"<a@b.example>\n ," * 900 + b"\n\nhi",
    "20,000 recipients": b"From: a@b.example\nTo: " + b"x@y.example,\n " * 990 + b"\n\nhi",
    "parameters": b"Content-Type: text/plain;" + b"\n a=b;" * 900 + b"\n\nhi",
    "rfc2231 pieces": b"Content-Type: text/plain;" + b"".join(b"\n a*%d=b;" % i for i in range(900)) + b"\n\nhi",
    "empty parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 225_000,
    "almost boundaries": b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + b"--bx\n" * 180_000,
    "nested multiparts": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(500)),
    "encoded words": b"Subject:" + b" =?utf-8?q?=41?=\n" * 950 + b"\nhi",
    "bogus charset": b"Content-Type: text/plain; charset=" + b"x" * 5_000 + b"\n\nhi",
    "message-id brackets": b"Message-ID: " + b"<<a@b" * 1_500 + b"\n\nhi",
    "references": b"References: " + b"<a@b>\n " * 990 + b"\n\nhi",
    "deep html": _html("<div>" * 100_000 + "CONFIRM"),
    "deep with paragraphs": _html("<div>" * 3_900 + "<p>x" * 20_000),
    "false ends": _html("<div></x>" * 40_000 + "CONFIRM"),
    "open fonts": _html("<div>" + "".join(f"<font a={i}>" for i in range(3_000)) + "</div>" + "<p>x</p>" * 3_000),
    "crossed fonts": _html("<font><div></font></div>" * 20_000),
    "deep quotes": _html("<blockquote>" * 50_000 + "CONFIRM"),
    "gmail quotes": _html('<div class="gmail_quote">' * 20_000 + "CONFIRM"),
    "struck nests": _html("<s>" * 50_000 + "CONFIRM"),
    "struck siblings": _html("<s>x</s>" * 50_000),
    "hidden style": _html("<style>" + ".a{" * 60_000 + "</style>CONFIRM"),
    "long style": _html('<p style="' + "color:red;" * 50_000 + '">CONFIRM</p>'),
    "table cells": _html("<table><tr>" + "<td>x" * 50_000 + "</table>"),
    "attributes": _html("<p " + "a=b " * 100_000 + ">CONFIRM"),
    "mailto links": _html('<a href="mailto:a@b.example">x</a>' * 20_000),
    "one long line": _plain("CONFIRM " * 100_000),
    "one long word": _plain("a" * 900_000),
    "one long list": b"From: mailer-daemon@b.example\n\n" + b"1," * 200_000,
    "many lines": _plain("CONFIRM\n" * 100_000),
    "attributions": _plain("On Mon, 3 Mar 2025 wrote:\n" * 20_000),
    "header labels": _plain("From: x\n" * 20_000),
    "half blocks": _plain("From: x\n\nSent: y\n" * 10_000),
    "separators": _plain("-----x-----\n" * 20_000),
    "dashes": _plain("-" * 500_000),
    "spaces": _plain(" " * 500_000 + "x"),
    "quote marks": _plain(">" * 500_000),
    "labels": _plain("Account name: x\n" * 20_000),
    "typos": _plain("Acount nmae x: y\n" * 20_000),
    "separators of labels": _plain((":" * 2_000 + "\n") * 100),
    "users": _plain("Users: " + "a@b.example, " * 40_000),
    "at signs": _plain("Users: " + "@" * 400_000),
    "dots": _plain("Domain: " + "a." * 200_000),
    "disclaimers": _plain("This e-mail " * 40_000),
    "legal words": _plain("confidential intended only " * 20_000),
    "tabs": _plain("Account name\tUsers\n" + "\t\n" * 50_000),
    "questions": _plain("¿" * 300_000),
    "struck tildes": _plain("~~" * 200_000),
    "pgp": _plain("-----BEGIN PGP SIGNED MESSAGE-----\n" + "A: b\n" * 50_000),
    "pgp twice": _plain("-----BEGIN PGP SIGNATURE-----\n" * 20_000),
    "absences": _plain("back on 1 march 2025 until " * 10_000),
    "combining marks": _plain("a" + "\u0301" * 200_000),
    "wide signs": _plain("ﷺ" * 100_000),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_shapes_are_quick(name: str) -> None:
    before = time.process_time()
    whole(HOSTILE[name])
    assert time.process_time() - before < SECONDS
