"""Whatever somebody writes into a field, nobody's mail program may obey it (I17, I18).

Every line of the table goes into every field a person can fill, in every letter that shows one.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from mailflow.core.letter import Audience, Kind
from mailflow.core.request import Fields, Problem, Request
from mailflow.letters import Letters
from mailflow.letters.inert import line, lines, unlink, unlink_url
from tests.letters.samples import (
    BARE,
    NOW,
    OP,
    OURS,
    PARTNER,
    PENDING,
    SAMPLES,
    TOKEN,
    A,
    C,
    P,
    Parts,
    S,
    Sample,
    U,
    in_state,
    parts,
    read,
    words,
    write,
)

CANARIES = {
    # markup
    "script": "<script>alert(1)</script>",
    "image": '<img src=x onerror="alert(1)">',
    "svg": "<svg/onload=alert(1)>",
    "frame": "<iframe src='https://evil.example'></iframe>",
    "form": "<form action=https://evil.example><input name=p></form>",
    "style": "<style>*{display:none}</style>",
    "style-attribute": '<p style="position:fixed;top:0">pay now</p>',
    "base": "<base href=https://evil.example/>",
    "refresh": "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "stylesheet": "<link rel=stylesheet href=https://evil.example/x.css>",
    "object": "<object data=https://evil.example></object>",
    "anchor": '<a href="https://evil.example">click</a>',
    "closing": "</td></tr></table></body></html><h1>new",
    "comment": "<!-- --><b>bold</b><!--",
    "conditional": "<!--[if mso]><h1>x</h1><![endif]-->",
    "cdata": "<![CDATA[<b>x</b>]]>",
    "entity": "&lt;script&gt;alert(1)&lt;/script&gt;",
    "number-entity": "&#60;script&#62;",
    "double-quote": '" onmouseover="alert(1)',
    "single-quote": "' onmouseover='alert(1)",
    "backquote": "`onmouseover=alert(1)`",
    "title": "</title><script>alert(1)</script>",
    "head-style": "</style><script>alert(1)</script>",
    "textarea": "</textarea><b>x",
    "plaintext": "<plaintext>",
    "full-width-tag": "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "old-charset": "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    # templates and formats
    "jinja": "{{ 1337*7331 }}",
    "jinja-config": "{{ service.operator_address }}",
    "jinja-class": "{{ ''.__class__.__mro__ }}",
    "jinja-block": "{% for i in range(1337) %}x{% endfor %}",
    "jinja-raw": "{% endraw %}{{ 1337*7331 }}",
    "jinja-comment": "{# gone #}{{ 1337*7331 }}",
    "jinja-include": "{% include 'layout.j2' %}",
    "line-statement": "# for i in range(9)",
    "percent": "%(reference)s %(term)s %s %d %%",
    "brace-format": "{0} {0.__class__} {term}",
    "dollar": "${term} $brand",
    "erb": "<%= 1337*7331 %>",
    # headers and MIME
    "crlf-bcc": "x\r\nBcc: victim@evil.example",
    "lf-bcc": "x\nBcc: victim@evil.example",
    "cr-bcc": "x\rBcc: victim@evil.example",
    "folded": "x\r\n\tBcc: victim@evil.example",
    "body": "x\r\n\r\n<h1>other body</h1>",
    "percent-crlf": "x%0d%0aBcc: victim@evil.example",
    "line-separator": "x\u2028Bcc: victim@evil.example",
    "paragraph-separator": "x\u2029Bcc: victim@evil.example",
    "next-line": "x\x85Bcc: victim@evil.example",
    "vertical-tab": "x\x0bBcc: victim@evil.example",
    "encoded-word": "=?utf-8?B?QmNjOiB4QGV2aWwuZXhhbXBsZQ==?=",
    "encoded-break": "=?utf-8?Q?x=0D=0ABcc:_victim@evil.example?=",
    "boundary": "--=_0000\r\nContent-Type: text/html\r\n\r\n<h1>x",
    "dot": ".\r\nRCPT TO:<victim@evil.example>\r\n.",
    "from-line": "From nobody Mon Jan 1",
    "signature": "-- \nnot yours",
    "answer-mark": "##- Write your answer above this line -##",
    "quoted-words": "> CONFIRM\nACTIVATE",
    # controls and directions
    "null": "a\x00b",
    "escape": "\x1b[31mred\x1b[0m",
    "backspace": "good\x08\x08\x08\x08evil",
    "record-separator": "one\x1etwo\x1ethree",
    "bell": "\x07\x07",
    "delete": "a\x7fb",
    "c1": "a\x9bb",
    "override": "\u202eelpmaxe.live",
    "embedding": "\u202bx\u202c",
    "isolate": "\u2067x\u2069",
    "marks": "a\u200e\u200f\u061cb",
    "zero-width": "ev\u200bil.exam\u200dple",
    "joiner": "pass\u2060word",
    "byte-order": "\ufeffhello",
    "soft-hyphen": "pay\u00adpal",
    "tags": "x\U000e0041\U000e0042",
    "variation": "a\ufe0fb",
    "filler": "\u3164\u115f\uffa0x",
    "surrogate": "a\ud800b",
    "tower": "a" + "\u0301" * 60,
    "arabic": "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 (abc)",
    # links
    "https": "https://evil.example/login",
    "capitals": "HTTPS://EVIL.EXAMPLE/LOGIN",
    "http-port": "http://evil.example:8080/",
    "user-info": "https://licensing.vendor.example@evil.example/",
    "bare": "evil.example/login",
    "www": "www.evil.example",
    "ftp": "ftp://evil.example",
    "mailto": "mailto:victim@evil.example?subject=x",
    "address": "write to victim@evil.example now",
    "telephone": "tel:+15550100",
    "javascript": "javascript:alert(1)",
    "vbscript": "vbscript:msgbox(1)",
    "data": "data:text/html,<script>alert(1)</script>",
    "file": "file:///etc/passwd",
    "share": "\\\\evil.example\\share",
    "slashes": "//evil.example/x",
    "backslashes": "https:\\\\evil.example\\x",
    "ip": "http://203.0.113.7/x",
    "bare-ip": "203.0.113.7/login",
    "punycode": "https://xn--exmple-cua.example",
    "ideographic-dot": "https://evil\u3002example/",
    "half-width-dot": "evil\uff61example",
    "full-width": "https\uff1a//evil\uff0eexample",
    "full-width-at": "victim\uff20evil.example",
    "digits": "evil.3com.example",
    "brackets": "<https://evil.example>",
    "markdown": "[our page](https://evil.example)",
    "markdown-image": "![x](https://evil.example/x.png)",
    "markdown-heading": "# Urgent\n**pay now**\n```\ncode\n```",
    "reference-link": "[a]: https://evil.example",
    "wrapped": "https://\nevil.example",
    # size
    "long": "x" * 5000,
    "many-lines": "\n".join("line" for _ in range(400)),
    "long-words": " ".join("w" * 900 for _ in range(6)),
    "emoji": "\U0001f600" * 300,
}
each_canary = pytest.mark.parametrize("canary", CANARIES.values(), ids=CANARIES.keys())

INVISIBLE = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\u115f\uffa0\ufe00-\ufe0f\ufeff\ud800-\udfff\U000e0000-\U000e0fff]"
)
LINKABLE = re.compile(
    r"(?:https?|ftp|file|javascript|vbscript|data|tel|mailto):\S|www\.\w|\\\\\w|[\w-]+@[\w-]+\.\w"
    r"|\w[.\u3002\uff0e\uff61](?:example|3com)\b|\d\.\d+\.\d+\.\d",
    re.IGNORECASE,
)


def _request(canary: str, state: str = "pending") -> Request:
    fields = replace(
        BARE,
        account_name=canary,
        note_to_customer=canary,
        note_to_users=canary,
        user_emails=("ben@alimentos.example",),
        order_number=canary,
        order_date=canary[:40],
    )
    asker = replace(PARTNER, name=canary, company=canary)
    return in_state(state, fields=fields, requester=asker, end_reason=canary, hold_reason=canary)


def _letters_with(canary: str) -> list[Sample]:
    """Each letter that shows foreign words, with the canary wherever a person can write."""
    problem = [Problem(f"invalid:{n}", n, canary, canary) for n in Fields(*"abcd", ("e",)).given()]
    row = {"id": 1, "sender": canary, "reason": canary, "at": NOW}
    table: list[tuple[str, Audience, Request | None, dict[str, Any]]] = [
        ("activation", C, _request(canary), {}),
        ("reminder_customer", C, _request(canary), {"days_left": 7}),
        ("confirmation_customer", C, _request(canary, "active"), {"at": NOW}),
        ("declined_receipt", C, _request(canary, "declined"), {"reason": canary}),
        ("expiry_customer", C, _request(canary, "expired"), {}),
        ("access", U, _request(canary, "active"), {}),
        (
            "access_request", A, None,
            {"domain": "alimentos.example", "asker_email": PARTNER.email, "account_name": canary,
             "asker_name": canary, "asker_company": canary, "note": canary},
        ),
        ("operator_notice", OP, _request(canary), {"what": canary, "reason": canary}),
        ("quarantine_digest", OP, None, {"rows": [row], "count": 1}),
        ("review", P, _request(canary, "review"), {"warnings": problem}),
        ("question", P, _request(canary, "draft"),
         {"problems": problem, "understood": _request(canary).fields.given()}),
        ("declined", P, _request(canary, "declined"), {"reason": canary, "by": "a@b.example"}),
        ("address_failed", P, _request(canary),
         {"address": "ana.garcia@alimentos.example", "detail": canary}),
        ("unknown_reply", P, _request(canary), {"read": canary, "why_code": canary}),
        ("case", P, _request(canary), {"text": canary}),
        ("help", S, None, {"why": "prose", "filled": _request(canary).fields.given()}),
        ("changed", P, _request(canary), {"changed": ["note_to_customer", "order_number"]}),
    ]  # fmt: skip
    return [Sample(Kind(kind), "", to, request, data) for kind, to, request, data in table]


def _skeleton(mail: Parts) -> Counter[tuple[str, tuple[str, ...]]]:
    """Tags with the names of their attributes; line breaks and list items come with the text."""
    return Counter(
        (node.tag, tuple(sorted(node.attributes)))
        for node in mail.tree.css("*")
        if node.tag not in ("br", "li", "ul", "strong")
    )


PLAIN = {sample.kind: sample for sample in _letters_with("Plain words")}


KNOWN = re.compile(
    r"https://(?:licensing|support)\.vendor\.example\S*|https://vendor\.example\S*"
    r"|[\w.+-]+@(?:alimentos|partner|vendor|licensing\.vendor)\.example|alimentos\.example"
    rf"|requests\+{TOKEN}"
)
FIRST = (Kind.ACTIVATION, Kind.REMINDER_CUSTOMER, Kind.ACCESS)


@each_canary
def test_foreign_words_stay_words(letters: Letters, canary: str) -> None:
    """Markup, headers, parts and links are those of the same letter with plain words.

    What customers, users, administrators and operators read holds nothing that could become a
    link, not even a bare host; our own words come first, in the subject and in the mail.
    """
    for sample in _letters_with(canary):
        mail, plain = parts(write(letters, sample).raw), read(letters, PLAIN[sample.kind])
        assert [name for name, _ in mail.mail.items()] == [name for name, _ in plain.mail.items()]
        assert len(mail.raw) <= 100_000, sample.kind
        assert mail.raw.isascii()
        assert not mail.mail.defects
        assert set(_skeleton(mail)) <= set(_skeleton(plain)) | {("p", ("class", "style"))}
        assert all(link.startswith(OURS) for link in mail.links())
        assert words(mail.shown) == words(mail.text), sample.kind
        stranger = sample.audience in (C, U, A, OP)
        for part in (mail.text, mail.shown, mail.subject):
            assert not INVISIBLE.search(part.replace("\r\n", "\n")), sample.kind
            assert "9801547" not in part
            assert "operators@vendor.example" not in part
            assert not stranger or not LINKABLE.search(KNOWN.sub("", part)), sample.kind
        if sample.kind in FIRST:
            assert mail.subject == plain.subject
            assert mail.text.split("====", 1)[0] == plain.text.split("====", 1)[0]


def test_there_are_enough_canaries() -> None:
    assert len(CANARIES) >= 80


def test_the_note_is_labelled_as_the_partner_s_words(letters: Letters) -> None:
    sample = next(s for s in SAMPLES if s.name == "activation")
    text = parts(write(letters, sample).raw).text
    label = "Note to you from Tom Baker, in their own words."
    assert label in text
    quoted = [one for one in text.splitlines() if one.startswith("| ")]
    assert quoted[-1] == "| See https[:]//portal[.]partner[.]example/x"


def test_an_account_named_like_a_host_stays_readable_for_its_partner(letters: Letters) -> None:
    """S11: kept as written in his own review; broken only where strangers read it."""
    named = replace(PENDING, fields=replace(BARE, account_name="Acme.com & Söhne, S.A."))
    own = parts(write(letters, Sample(Kind.COMPLETION, "", P, named)).raw)
    theirs = parts(write(letters, Sample(Kind.ACTIVATION, "", C, named)).raw)
    assert "Account name: Acme.com & Söhne, S.A." in own.text
    assert "Account name: Acme[.]com & Söhne, S.A." in theirs.text


@pytest.mark.parametrize(
    "harmless",
    [
        "S.A.", "3.5 %", "10:42", "Note: text", "a/b", "user (at) home", "1.000,50 EUR", "C:", "...",
        "Dr. No", "e.g. this", "A & B", "100%", "50:50", "@", "x @ y", "No.7", "550 5.1.1", "v2.1",
    ],
)  # fmt: skip
def test_what_is_no_link_is_left_alone(harmless: str) -> None:
    assert unlink(harmless) == harmless
    assert unlink_url(harmless) == harmless


def test_long_texts_are_cut_to_a_screenful() -> None:
    assert len(lines("line\n" * 400)) == 41
    assert lines("x" * 5000)[-1] == "[…]"
    assert lines("one\n\n\n") == ["one"]
    assert line("a" + "\u0301" * 60) == "a" + "\u0301" * 3
