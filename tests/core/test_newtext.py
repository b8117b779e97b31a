"""New text apart from quote, signature, banner, disclaimer and forward."""

from __future__ import annotations

from typing import Any

import pytest

from mailflow.core.html import CUT, render
from mailflow.core.htmlguard import too_deep
from mailflow.core.message import Message
from mailflow.core.newtext import OwnText, own_text


def own(plain: str | None = None, html: str | None = None, **more: Any) -> OwnText:
    return own_text(Message(plain=plain, html=html, to=("requests@mail.example",), **more))


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Hi\n\n> quoted", "Hi"),
        ("> quoted\n\nHi", "Hi"),
        ("Hi\n-- \nTom", "Hi"),
        ("Hi\n\nSent from my iPhone", "Hi"),
        ("Hi\n\n-----Original Message-----\nFrom: x", "Hi"),
        ("Hi\n\n________________________________\nDe: x <a@b.example>\nEnviado: lunes\nPara: y\nAsunto: z\n\nold", "Hi"),
        ("Hi\n\nFrom: x Sent: Monday To: y Subject: z\nold", "Hi"),
        ("##- Please type above this line -##\nold", ""),
        ("Hi\n\n##- Escriba encima de esta línea -##\nold", "Hi"),
        ("[EXTERNAL]\n\nHi", "Hi"),
        ("The customer wrote: fine", "The customer wrote: fine"),
        ("From: the customer we heard nothing", "From: the customer we heard nothing"),
        ("> long quoted line that a mail program wrapped somewhere near here and\nhere\n> went on\n\nHi", "Hi"),
        (">From here on I agree", ">From here on I agree"),
        ("Hi\n\n» quoted\n»\n» » twice", "Hi"),
        ("Hi\n\n|quoted\n¦ quoted\n❯ quoted\n│quoted\n▏quoted", "Hi"),
        ("› quoted\n\nHi", "Hi"),
        ("»Hi«", "»Hi«"),
        ("»Hi»", "»Hi»"),
        ("›Hi‹ Tom", "›Hi‹ Tom"),
        ("|Account name|Acme|\n|Account domain|acme.example|", "|Account name|Acme|\n|Account domain|acme.example|"),
        ("Hi\n\nOn Monday,\n3 March 2025 at 10:11,\nRequests <a@b.example>\nwrote:\n\nold", "Hi"),
    ],
)  # fmt: skip
def test_plain(text: str, new: str) -> None:
    assert own(text).text == new


def test_each_cut_says_why() -> None:
    found = own("Hi\n-- \nTom\n\nOn 3 Mar 2025 10:11 Requests <a@b.example> wrote:\n\nold")
    assert {cut.what for cut in found.cut} == {"quote", "signature"}
    assert all(cut.why for cut in found.cut)


def test_a_forward_is_kept_apart() -> None:
    found = own(
        "See below\n\nBegin forwarded message:\n\nFrom: Ann <ann@acme.example>\n\nYes",
        subject="Fwd: x",
    )
    assert found.text == "See below"
    assert "Yes" in found.forwarded


def test_html_hides_and_strikes() -> None:
    found = own(html='<p>a<s>b</s><span style="display:none">c</span></p><!-- d -->')
    assert found.text == "a"
    assert [(c.what, c.text) for c in found.cut] == [("struck", "b"), ("hidden", "c")]


@pytest.mark.parametrize(
    "start",
    [
        '<div style="border-left:2px solid #ccc;padding-left:8px">',
        "<div style='border:none;border-left:solid blue 1.5pt;padding:0in 0in 0in 4.0pt'>",
        '<p style="BORDER: 0px; Border-Left-Width: 2px">',
        '<section style="border-inline-start: 3px solid">',
        '<div type="cite">', '<div cite="mid:letter@vendor.example">',
    ],
)  # fmt: skip
def test_a_quote_without_a_name_is_known_by_its_bar(start: str) -> None:
    mail = f"<p>Hi</p>{start}CONFIRM</div>"
    assert "CONFIRM" not in own(html=mail, in_reply_to=("<letter@vendor.example>",)).text


@pytest.mark.parametrize("style", ["border:1px solid", "border-left:none", "border-left:0 solid",
                                   "border-left:1px solid;border-right:1px solid", ""])  # fmt: skip
def test_other_borders_are_none(style: str) -> None:
    mail = f'<table><tr><td style="{style}">CONFIRM</td></tr></table>'
    assert own(html=mail, in_reply_to=("<letter@vendor.example>",)).text == "CONFIRM"


def test_the_other_rendition_is_kept_only_where_it_differs() -> None:
    assert own("Hi *Tom*", "<p>Hi <b>Tom</b></p>").other is None
    assert own("Hi Tom", "<p>Hi Ann</p>").other == "Hi Tom"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b</p>", "a\nb"),
        ("a<br>b", "a\nb"),
        ("<pre>a\nb</pre>", "a\nb"),
        ("<div style='white-space:pre-wrap'>a\nb</div>", "a\nb"),
        ("<p>a\n  b</p>", "a b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a\tb\nc"),
        ("<blockquote>a</blockquote>b", "> …\nb"),
        ("<a href='mailto:a@b.example?subject=x'>Ann</a>", "Ann <a@b.example>"),
        ("<div id='x_divRplyFwdMsg'>a</div>", f"{CUT}\na"),
        ("<p>a\x1db&#29;c</p>", "abc"),
        ("<p>a</p><p>&nbsp;</p><p>b</p>", "a\n\nb"),
    ],
)
def test_html_as_lines(html: str, text: str) -> None:
    assert render(html).text == text


def test_depth_is_counted_before_the_parser() -> None:
    assert too_deep("<div>" * 5_000)
    assert too_deep("<div></x>" * 5_000)
    assert not too_deep("<p>" * 50_000)
    assert not too_deep("<div><p>a</div>" * 50_000)
