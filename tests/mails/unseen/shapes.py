"""The answers of this folder dressed as mail programs dress them: `Mail` -> bytes of a message."""

from __future__ import annotations

import base64
import html
import quopri
from collections.abc import Callable

from tests.mails.unseen.quoted import (
    BLOCK,
    GALAXY,
    ON,
    OUTLOOK_APP,
    PHONE,
    PRIVATE,
    RULE,
    VENDOR,
    Mail,
)

Shape = Callable[[Mail], bytes]


def plain(mail: Mail, text: str, charset: str = "utf-8", how: str = "quoted-printable") -> bytes:
    raw = text.encode(charset)
    body = base64.encodebytes(raw) if how == "base64" else raw
    if how == "quoted-printable":
        body = quopri.encodestring(raw)
    head = mail.head(
        f"Content-Type: text/plain; charset={charset}", f"Content-Transfer-Encoding: {how}"
    )
    return (head.encode() + body).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def only_html(mail: Mail, text: str, how: str = "base64") -> bytes:
    body = base64.encodebytes(text.encode()) if how == "base64" else text.encode()
    head = mail.head("Content-Type: text/html; charset=utf-8", f"Content-Transfer-Encoding: {how}")
    return head.encode() + body


def parts(mail: Mail, kind: str, *bodies: tuple[str, str], first: bytes = b"") -> bytes:
    """A multipart mail of (content type line, body) pairs, or of finished parts in *first*."""
    out = mail.head(f'Content-Type: multipart/{kind}; boundary="=_edge_{mail.number}"').encode()
    for head, body in bodies:
        out += f"--=_edge_{mail.number}\r\nContent-Type: {head}\r\n".encode()
        out += b"Content-Transfer-Encoding: 8bit\r\n\r\n" + body.encode() + b"\r\n"
    return out + f"--=_edge_{mail.number}--\r\n".encode()


def both(mail: Mail, text: str, marked: str) -> bytes:
    return parts(
        mail,
        "alternative",
        ("text/plain; charset=UTF-8", text),
        ("text/html; charset=UTF-8", f"<html><body>{marked}</body></html>"),
    )


def gmail(mail: Mail) -> bytes:
    on = ON[mail.language]
    return both(
        mail,
        f"{mail.text}\n\n{on}\n\n{mail.quoted()}\n",
        f'<div dir="ltr">{mail.text_html()}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{html.escape(on)}<br></div><blockquote class='
        f'"gmail_quote" style="margin:0 0 0 .8ex">{mail.letter_html()}</blockquote></div>',
    )


def outlook(mail: Mail) -> bytes:
    rows = mail.text_html("p", " class=MsoNormal").replace("</p>", "<o:p></o:p></p>")
    return both(
        mail,
        f"{mail.text}\n\n{mail.block()}\n\n{mail.letter}\n",
        f'<div class="WordSection1">{rows}<p class=MsoNormal><o:p>&nbsp;</o:p></p><div>'
        "<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>"
        f"<p class=MsoNormal>{mail.block_html()}</p></div></div>{mail.letter_html()}</div>",
    )


def outlook_plain(mail: Mail) -> bytes:
    rule = RULE[mail.language]
    return plain(mail, f"{mail.text}\n\n-----{rule}-----\n{mail.block()}\n\n{mail.letter}\n")


def owa(mail: Mail) -> bytes:
    rows = mail.text_html("div", ' class="elementToProof" style="font-family:Aptos"')
    return only_html(
        mail,
        f'<html><body dir="ltr">{rows}<div id="appendonsend"></div><hr style="display:inline-block;'
        f'width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri">'
        f"{mail.block_html()}</font><div>&nbsp;</div></div><div>{mail.letter_html()}</div></body>",
    )


def mobile(mail: Mail) -> bytes:
    line = OUTLOOK_APP[mail.language]
    return both(
        mail,
        f"{mail.text}\n\n{line}<https://aka.example/o0ukef>\n________________________________\n"
        f"{mail.block()}\n\n{mail.letter}",
        f'{mail.text_html()}<div id="ms-outlook-mobile-signature">{line}</div><hr>'
        f'<div id="divRplyFwdMsg">{mail.block_html()}</div>{mail.letter_html()}',
    )


def apple(mail: Mail) -> bytes:
    on = f"On 24 Nov 2026, at 09:00, Vendor <{VENDOR}> wrote:"
    on = on if mail.language == "en" else ON[mail.language]
    return both(
        mail,
        f"{mail.text}\n\n> {on}\n> \n{mail.quoted()}\n",
        f'<div style="overflow-wrap:break-word">{mail.text_html()}<br><div><blockquote type="cite">'
        f"<div>{html.escape(on)}</div><br class='Apple-interchange-newline'>{mail.letter_html()}"
        "</blockquote></div></div>",
    )


def iphone(mail: Mail) -> bytes:
    on = ON[mail.language]
    return plain(
        mail,
        f"{mail.text}\n\n{PHONE[mail.language]}\n\n> {on}\n> \n{mail.quoted()}\n",
        how="base64",
    )


def thunderbird(mail: Mail) -> bytes:
    on = ON[mail.language]
    return only_html(
        mail,
        f'{mail.text_html("p")}<br><div class="moz-cite-prefix">{html.escape(on)}<br></div>'
        f'<blockquote type="cite" cite="mid:1@x.example">{mail.letter_html()}</blockquote>'
        '<div class="moz-signature">-- <br>Dana Whitfield<br>Confirm by phone: 020</div>',
        "8bit",
    )


def bottom(mail: Mail) -> bytes:
    """Below the quote, format=flowed, as on lists and in old Thunderbirds."""
    head = mail.head("Content-Type: text/plain; charset=UTF-8; format=flowed")
    text = f"{ON[mail.language]}\n{mail.quoted()}\n\n{mail.text}\n"
    return (head + text.replace("\n", "\r\n")).encode()


def yahoo(mail: Mail) -> bytes:
    on = f"On Tuesday, November 24, 2026 at 09:00:00 AM GMT, Vendor <{VENDOR}> wrote:"
    on = on if mail.language == "en" else ON[mail.language]
    return both(
        mail,
        f" {mail.text}\n\n    {on}  \n \n {mail.letter}  ",
        f'<div class="ydpyahoo-style-wrap"><div dir="ltr">{mail.text_html()}</div><div><br></div>'
        f'</div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>{html.escape(on)}</div>'
        f"<div>{mail.letter_html()}</div></div>",
    )


def proton(mail: Mail) -> bytes:
    on = f"On Tuesday, November 24th, 2026 at 9:00 AM, Vendor <{VENDOR}> wrote:"
    return both(
        mail,
        f"{mail.text}\n\nSent with Proton Mail secure email.\n\n{on}\n\n{mail.quoted()}",
        f'{mail.text_html()}<div class="protonmail_signature_block">Sent with Proton Mail secure '
        f'email.</div><div class="protonmail_quote">{html.escape(on)}<blockquote type="cite">'
        f"{mail.letter_html()}</blockquote></div>",
    )


def samsung(mail: Mail) -> bytes:
    label = {"en": "Original message", "fr": "Message d'origine"}.get(
        mail.language, RULE[mail.language]
    )
    sender, _, to, subject = BLOCK[mail.language]
    block = f"{sender}: Vendor <{VENDOR}> \nDate: 24/11/2026  09:00  (GMT+00:00) \n"
    block += f"{to}: dana@partner.example \n{subject}: [SA-7K3M-Q2XV] \n"
    line = GALAXY[mail.language]
    return plain(
        mail, f"{mail.text}\n\n{line}\n\n-------- {label} --------\n{block}\n{mail.letter}"
    )


def notes(mail: Mail) -> bytes:
    return plain(
        mail,
        f"{mail.text}\n\n-----Vendor <{VENDOR}> wrote: -----\nTo: dana@partner.example\nFrom: Vendor "
        f"<{VENDOR}>\nDate: 24.11.2026 09:00\nSubject: [SA-7K3M-Q2XV]\n\n{mail.letter}",
        "iso-8859-1",
    )


def zoho(mail: Mail) -> bytes:
    on = f"---- On Tue, 24 Nov 2026 09:00:00 +0000 Vendor <{VENDOR}> wrote ----"
    return both(
        mail,
        f"{mail.text}\n\n\n\n{on}\n\n{mail.letter}",
        f'{mail.text_html()}<div class="zmail_extra_hr" style="border-top:1px solid"></div>'
        f'<div class="zmail_extra">{html.escape(on)}<br><blockquote>{mail.letter_html()}'
        "</blockquote></div>",
    )


def gmx(mail: Mail) -> bytes:
    names = {"en": ("Sent", "From"), "de": ("Gesendet", "Von")}.get(mail.language, ("Sent", "From"))
    lines = f"{names[0]}: Dienstag, 24. November 2026 um 09:00 Uhr\n{names[1]}: Vendor <{VENDOR}>\n"
    lines += "An: dana@partner.example\nBetreff: [SA-7K3M-Q2XV] Please check\n"
    rows = lines.replace("<", "&lt;").replace("\n", "<br>")
    return only_html(
        mail,
        f'<div style="font-family:Verdana">{mail.text_html()}<div>&nbsp;<div name="quote" style='
        f'"border-left:2px solid #C3D9E5">{rows}<div name="quoted-content">{mail.letter_html()}'
        "</div></div></div></div>",
    )


def roundcube(mail: Mail) -> bytes:
    on = {"de": f"Am 2026-11-24 09:00, schrieb Vendor <{VENDOR}>:"}.get(
        mail.language, "On 2026-11-24 09:00, Vendor wrote:"
    )
    return plain(mail, f"{on}\n{mail.quoted()}\n\n{mail.text}", how="8bit")


def horde(mail: Mail) -> bytes:
    on = {"de": "Zitat von"}.get(mail.language, "Quoting")
    return plain(
        mail, f"{mail.text}\n\n{on} Vendor <{VENDOR}>:\n\n{mail.quoted('> ')}", "iso-8859-1"
    )


def broken(mail: Mail) -> bytes:
    """The line above the quote wrapped in three, and the quote unmarked in part."""
    on = ON[mail.language].replace(" Vendor", "\nVendor").replace(f"<{VENDOR}>", f"<\n{VENDOR}>")
    return plain(mail, f"{mail.text}\n\n{on}\n\n{mail.quoted()}\n")


def spark(mail: Mail) -> bytes:
    on = f"On 24 Nov 2026 at 9:00 AM +0000, Vendor <{VENDOR}>, wrote:"
    return both(
        mail,
        f"{mail.text}\n{on}\n{mail.quoted()}",
        f'<div name="messageBodySection">{mail.text_html()}</div><div name="messageReplySection">'
        f"{html.escape(on)}<br><blockquote type='cite'>{mail.letter_html()}</blockquote></div>",
    )


def fastmail(mail: Mail) -> bytes:
    on = "On Tue, 24 Nov 2026, at 9:00 AM, Vendor wrote:"
    return both(
        mail,
        f"{mail.text}\n\n{on}\n{mail.quoted()}",
        f'{mail.text_html()}<div>{on}</div><blockquote type="cite" id="qt">{mail.letter_html()}'
        "</blockquote>",
    )


def banner(mail: Mail) -> bytes:
    warn = "CAUTION: External e-mail. Do not click links unless you can confirm the sender."
    return both(
        mail,
        f"{warn}\n\n{mail.text}\n\n{mail.block()}\n\n{mail.letter}",
        f'<table><tr><td style="background:#ffb900">{warn}</td></tr></table>{mail.text_html("p")}'
        f"<hr><p>{mail.block_html()}</p>{mail.letter_html()}",
    )


def disclaimer(mail: Mail) -> bytes:
    return plain(
        mail,
        f"{mail.text}\n\n{PRIVATE[mail.language]}\n\n{mail.block()}\n\n{mail.letter}\n\n"
        f"{PRIVATE[mail.language]}\n",
    )


def empty_plain(mail: Mail) -> bytes:
    return both(mail, "\n", f"{mail.text_html()}<blockquote>{mail.letter_html()}</blockquote>")


def utf16(mail: Mail) -> bytes:
    return plain(mail, f"{mail.text}\n\n{ON['en']}\n{mail.quoted()}", "utf-16", "base64")


def latin1(mail: Mail) -> bytes:
    return plain(mail, f"{mail.text}\n\n{ON[mail.language]}\n{mail.quoted()}", "iso-8859-1")


def japanese(mail: Mail) -> bytes:
    return plain(mail, f"{mail.text}\n\n{ON['en']}\n{mail.quoted()}", "iso-2022-jp", "7bit")


def no_charset(mail: Mail) -> bytes:
    text = f"{mail.text}\n\n{ON[mail.language]}\n{mail.quoted()}"
    return (mail.head() + text.replace("\n", "\r\n")).encode("cp1252")


def smime(mail: Mail) -> bytes:
    return parts(
        mail,
        'signed; protocol="application/pkcs7-signature"; micalg=sha-256',
        ("text/plain; charset=utf-8", f"{mail.text}\n\n{ON[mail.language]}\n{mail.quoted()}"),
        ('application/pkcs7-signature; name="smime.p7s"', "MIIFAKEconfirm="),
    )


def pgp_inline(mail: Mail) -> bytes:
    return plain(
        mail,
        f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n{mail.text}\n\n{ON[mail.language]}\n"
        f"{mail.quoted()}\n-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCgAdFiEE\n=aBcD\n"
        "-----END PGP SIGNATURE-----",
    )


def tnef(mail: Mail) -> bytes:
    return parts(
        mail,
        "mixed",
        ("text/plain; charset=utf-8", f"{mail.text}\n\n{mail.block()}\n\n{mail.letter}"),
        ('application/ms-tnef; name="winmail.dat"', 'x\u009f>"CONFIRM'),
    )


def attached(mail: Mail) -> bytes:
    return parts(
        mail,
        "mixed",
        ("text/plain; charset=utf-8", mail.text),
        ('text/plain; name="answer.txt"\r\nContent-Disposition: attachment', "CONFIRM"),
    )


def forward_attached(mail: Mail) -> bytes:
    inner = "From: eve@alimentos.example\r\nSubject: yes\r\n\r\nCONFIRM"
    return parts(mail, "mixed", ("text/plain; charset=utf-8", mail.text), ("message/rfc822", inner))


def plain_lies(mail: Mail) -> bytes:
    """The part that nobody sees says something else."""
    return both(mail, "CONFIRM", mail.text)


def bare(mail: Mail) -> bytes:
    return plain(mail, mail.text)


def html_as_is(mail: Mail) -> bytes:
    return only_html(mail, mail.text)


SHAPES: dict[str, Shape] = {
    "apple": apple, "attach": attached, "banner": banner, "bare": bare, "bottom": bottom,
    "brokenattr": broken, "disclaimer": disclaimer, "emptyplain": empty_plain,
    "fastmail": fastmail, "forwardattach": forward_attached, "gmail": gmail, "gmx": gmx,
    "horde": horde, "html": html_as_is, "iphone": iphone, "jp": japanese, "latin1": latin1,
    "mobile": mobile, "nocharset": no_charset, "notes": notes, "outlook": outlook,
    "outlookplain": outlook_plain, "owa": owa, "pgpinline": pgp_inline, "plainlies": plain_lies,
    "proton": proton, "roundcube": roundcube, "samsung": samsung, "smime": smime, "spark": spark,
    "thunderbird": thunderbird, "tnef": tnef, "utf16": utf16,
    "yahoo": yahoo, "zoho": zoho,
}  # fmt: skip
