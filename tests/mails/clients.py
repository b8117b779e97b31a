"""How mail programs send an answer: shapes of whole messages around a new text.

Each shape takes what the person wrote, the language of his program and the letter that is
answered, and gives raw bytes. They are modelled on the structure that the programs of each family
produce; no mail of a real person is in here.
"""

from __future__ import annotations

import base64
import html
import quopri
from collections.abc import Callable
from dataclasses import dataclass
from email.header import Header

LETTER = {
    "en": "Please review the request\n\nAccount name: Acme Iberia\nCustomer email: ann@acme.example\nAccount domain: acme.example\n\nIf everything is right, reply CONFIRM. To change a value, send the line again. Or reply CANCEL.\n\nACCEPT and ACTIVATE are words of your customer.",
    "es": "Revise la solicitud\n\nNombre de la cuenta: Acme Iberia\nCorreo del cliente: ann@acme.example\n\nSi todo es correcto, responda CONFIRMAR. Para cambiar un valor envíe la línea de nuevo. O responda CANCELAR.",
    "pt": "Reveja o pedido\n\nNome da conta: Acme Iberia\nE-mail do cliente: ann@acme.example\n\nSe tudo estiver certo, responda CONFIRMAR. Ou responda CANCELAR.",
    "fr": "Vérifiez la demande\n\nNom du compte : Acme Iberia\nE-mail du client : ann@acme.example\n\nSi tout est correct, répondez CONFIRMER. Ou répondez ANNULER.",
    "de": "Prüfen Sie die Anfrage\n\nKontoname: Acme Iberia\nE-Mail des Kunden: ann@acme.example\n\nWenn alles stimmt, antworten Sie BESTÄTIGEN. Oder antworten Sie STORNIEREN.",
}
WROTE = {
    "en": "On Mon, Mar 3, 2025 at 10:11 AM Requests <requests@mail.example> wrote:",
    "es": "El lun, 3 mar 2025 a las 10:11, Requests (<requests@mail.example>) escribió:",
    "pt": "Em seg., 3 de mar. de 2025 às 10:11, Requests <requests@mail.example> escreveu:",
    "fr": "Le lun. 3 mars 2025 à 10:11, Requests <requests@mail.example> a écrit :",
    "de": "Am Mo., 3. März 2025 um 10:11 Uhr schrieb Requests <requests@mail.example>:",
}
BLOCK = {
    "en": ("From", "Sent", "Monday, March 3, 2025 10:11 AM", "To", "Subject"),
    "es": ("De", "Enviado el", "lunes, 3 de marzo de 2025 10:11", "Para", "Asunto"),
    "pt": ("De", "Enviada em", "segunda-feira, 3 de março de 2025 10:11", "Para", "Assunto"),
    "fr": ("De", "Envoyé", "lundi 3 mars 2025 10:11", "À", "Objet"),
    "de": ("Von", "Gesendet", "Montag, 3. März 2025 10:11", "An", "Betreff"),
}
ORIGINAL = {
    "en": "Original Message",
    "es": "Mensaje original",
    "pt": "Mensagem original",
    "fr": "Message d'origine",
    "de": "Ursprüngliche Nachricht",
}
MOBILE = {
    "en": "Sent from my iPhone",
    "es": "Enviado desde mi iPhone",
    "pt": "Enviado do meu iPhone",
    "fr": "Envoyé de mon iPhone",
    "de": "Von meinem iPhone gesendet",
}
SIGN = {
    "en": "Regards,\nTom Smith\nSales Manager\nPartner Ltd\n+44 20 7946 0000",
    "es": "Un saludo,\nTomás Gil",
    "pt": "Cumprimentos,\nTomás Gil",
    "fr": "Cordialement,\nTom Petit",
    "de": "Mit freundlichen Grüßen\nTom Klein",
}
BANNER = {
    "en": "CAUTION: This email originated from outside of the organization. Do not click links unless you recognize the sender.",
    "es": "ATENCIÓN: Este correo electrónico proviene de fuera de la organización. No haga clic en los enlaces.",
    "pt": "ATENÇÃO: Este e-mail foi enviado de fora da organização. Não clique em links.",
    "fr": "ATTENTION : Ce message provient de l'extérieur de l'organisation. Ne cliquez pas sur les liens.",
    "de": "ACHTUNG: Diese E-Mail kommt von außerhalb der Organisation. Klicken Sie keine Links an.",
}
LEGAL = {
    "en": "This e-mail and any attachments are confidential and intended solely for the addressee. If you are not the intended recipient, do not copy or disclose it and delete it.",
    "es": "Este mensaje y sus anexos son confidenciales y van dirigidos exclusivamente a su destinatario. Si no es usted el destinatario, no lo copie y elimínelo.",
    "pt": "Esta mensagem e seus anexos são confidenciais e destinam-se exclusivamente ao destinatário. Se não é o destinatário, não copie e elimine.",
    "fr": "Ce message et ses pièces jointes sont confidentiels et destinés exclusivement au destinataire. Si vous n'êtes pas le destinataire, ne le copiez pas.",
    "de": "Diese E-Mail und ihre Anhänge sind vertraulich und ausschließlich für den Empfänger bestimmt. Wenn Sie nicht der Empfänger sind, löschen Sie sie.",
}


@dataclass(frozen=True)
class Reply:
    """What goes into a shape."""

    text: str
    language: str = "en"
    letters: int = 1  # how many of our letters the quotation holds

    @property
    def letter(self) -> str:
        return "\n\n".join([LETTER[self.language]] * self.letters)

    @property
    def wrote(self) -> str:
        return WROTE[self.language]


def head(subject: str = "Re: [SA-1001] Review of your request", **more: str) -> str:
    fields = {
        "From": "Tom Smith <tom@partner.example>",
        "To": "requests@mail.example",
        "Subject": subject,
        "Date": "Mon, 03 Mar 2025 11:00:00 +0000",
        "Message-ID": "<reply.1@partner.example>",
        "In-Reply-To": "<letter.1@mail.example>",
        "References": "<letter.1@mail.example>",
        "MIME-Version": "1.0",
    } | {name.replace("_", "-"): value for name, value in more.items()}
    return "".join(
        f"{n}: {v if v.isascii() else Header(v, 'utf-8').encode()}\r\n"
        for n, v in fields.items()
        if v
    )


def quoted(text: str, mark: str = "> ") -> str:
    return "\n".join((mark + line).rstrip() for line in text.split("\n"))


def part(
    text: str, kind: str = "plain", charset: str = "utf-8", encoding: str = "8bit", extra: str = ""
) -> bytes:
    data = (
        text.replace("\r\n", "\n")
        .replace("\n", "\r\n")
        .encode(charset, "xmlcharrefreplace" if kind == "html" else "replace")
    )
    if encoding == "base64":
        data = base64.encodebytes(data).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        data = quopri.encodestring(data.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    return (
        f"Content-Type: text/{kind}; charset={charset}{extra}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + data
    )


def multi(kind: str, *parts: bytes, mark: str = "=_b1") -> bytes:
    out = f'Content-Type: multipart/{kind}; boundary="{mark}"\r\n\r\n'.encode()
    for piece in parts:
        out += f"--{mark}\r\n".encode() + piece + b"\r\n"
    return out + f"--{mark}--\r\n".encode()


def mail(body: bytes, **more: str) -> bytes:
    return head(**more).encode() + body


def div(text: str) -> str:
    return "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.split("\n"))


def br(text: str) -> str:
    return html.escape(text).replace("\n", "<br>\r\n")


def plain_top(r: Reply) -> bytes:
    return mail(part(f"{r.text}\n\n{r.wrote}\n{quoted(r.letter)}\n"))


def plain_bottom(r: Reply) -> bytes:
    return mail(part(f"{r.wrote}\n{quoted(r.letter)}\n\n{r.text}\n"))


def plain_interleaved(r: Reply) -> bytes:
    lines = r.letter.split("\n")
    middle = len(lines) // 2 + 1
    return mail(
        part(
            f"{r.wrote}\n{quoted(chr(10).join(lines[:middle]))}\n\n{r.text}\n\n{quoted(chr(10).join(lines[middle:]))}\n"
        )
    )


def plain_broken_attribution(r: Reply) -> bytes:
    words = r.wrote.split(" ")
    broken = " ".join(words[:-2]) + "\n" + " ".join(words[-2:])
    return mail(part(f"{r.text}\n\n{broken}\n\n{quoted(r.letter)}\n", encoding="quoted-printable"))


def plain_no_marks(r: Reply) -> bytes:
    return mail(part(f"{r.text}\n\n{r.wrote}\n\n{r.letter}\n"))


def outlook_plain(r: Reply) -> bytes:
    f, s, when, t, subject = BLOCK[r.language]
    block = f"{f}: Requests <requests@mail.example>\n{s}: {when}\n{t}: Tom Smith\n{subject}: Review of your request"
    return mail(
        part(
            f"{r.text}\n\n-----{ORIGINAL[r.language]}-----\n{block}\n\n{r.letter}\n",
            charset="windows-1252",
        )
    )


def outlook_rules(r: Reply) -> bytes:
    f, s, when, t, subject = BLOCK[r.language]
    block = f"{f}: Requests <requests@mail.example>\n{s}: {when}\n{t}: Tom Smith <tom@partner.example>\n{subject}: Review of your request"
    return mail(part(f"{r.text}\n\n{'_' * 32}\n{block}\n\n{r.letter}\n", encoding="base64"))


def outlook_bold_block(r: Reply) -> bytes:
    f, s, when, t, subject = BLOCK[r.language]
    block = f"*{f}:* Requests <requests@mail.example>\n*{s}:* {when}\n*{t}:* Tom Smith\n*{subject}:* Review"
    return mail(part(f"{r.text}\n\n{block}\n\n{r.letter}\n"))


def gmail(r: Reply) -> bytes:
    rich = f'<div dir="ltr">{div(r.text)}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">{html.escape(r.wrote)}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">{div(r.letter)}</blockquote></div>'
    return mail(
        multi(
            "alternative",
            part(f"{r.text}\n\n{r.wrote}\n\n{quoted(r.letter)}\n"),
            part(rich, "html", encoding="quoted-printable"),
        )
    )


def gmail_bottom(r: Reply) -> bytes:
    rich = f'<div dir="ltr"><div class="gmail_quote"><div class="gmail_attr">{html.escape(r.wrote)}<br></div><blockquote class="gmail_quote">{div(r.letter)}</blockquote><div><br></div>{div(r.text)}</div></div>'
    return mail(
        multi(
            "alternative",
            part(f"{r.wrote}\n\n{quoted(r.letter)}\n\n{r.text}\n"),
            part(rich, "html"),
        )
    )


def outlook_html(r: Reply) -> bytes:
    f, s, when, t, subject = BLOCK[r.language]
    own = "".join(
        f'<p class="MsoNormal">{html.escape(line) or "<o:p>&nbsp;</o:p>"}</p>'
        for line in r.text.split("\n")
    )
    rich = f'<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!-- p.MsoNormal {{margin:0cm}} --></style></head><body lang="EN-US"><div class="WordSection1">{own}<p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>{f}:</b> Requests &lt;requests@mail.example&gt;<br><b>{s}:</b> {when}<br><b>{t}:</b> Tom Smith<br><b>{subject}:</b> Review</p></div></div>{"".join(f"<p class=MsoNormal>{html.escape(x)}</p>" for x in r.letter.split(chr(10)))}</div></body></html>'
    return mail(
        multi(
            "alternative",
            part(
                r.text
                + "\n\n"
                + f"{f}: Requests <requests@mail.example>\n{s}: {when}\n{t}: Tom Smith\n{subject}: Review\n\n{r.letter}"
            ),
            part(rich, "html", charset="iso-8859-1"),
        )
    )


def owa(r: Reply) -> bytes:
    f, s, when, t, subject = BLOCK[r.language]
    rich = f'<html><body dir="ltr"><div class="elementToProof">{br(r.text)}</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri"><b>{f}:</b> Requests<br><b>{s}:</b> {when}<br><b>{t}:</b> Tom<br><b>{subject}:</b> Review</font></div><div>{div(r.letter)}</div></body></html>'
    return mail(part(rich, "html", encoding="base64"))


def outlook_mobile(r: Reply) -> bytes:
    f, s, when, t, subject = BLOCK[r.language]
    rich = f'<html><body><div dir="auto">{br(r.text)}</div><div id="ms-outlook-mobile-signature"><div><br></div>Get <a href="https://link.example/x">Outlook for iOS</a></div><hr><div id="mail-editor-reference-message-container"><div><b>{f}:</b> Requests<br><b>{s}:</b> {when}<br></div>{div(r.letter)}</div></body></html>'
    return mail(
        multi(
            "alternative",
            part(
                f"{r.text}\n\nGet Outlook for iOS<https://link.example/x>\n{'_' * 32}\n{f}: Requests\n{s}: {when}\n{t}: Tom\n{subject}: Review\n\n{r.letter}"
            ),
            part(rich, "html"),
        )
    )


def apple(r: Reply) -> bytes:
    rich = f'<html><head></head><body style="overflow-wrap: break-word;">{div(r.text)}<div><br></div><div><blockquote type="cite"><div>{html.escape(r.wrote)}</div><br class="Apple-interchange-newline"><div>{div(r.letter)}</div></blockquote></div></body></html>'
    return mail(
        multi(
            "alternative",
            part(
                f"{r.text}\n\n> {r.wrote}\n> \n{quoted(r.letter)}\n",
                encoding="quoted-printable",
                extra=";\r\n\tformat=flowed",
            ),
            part(rich, "html", encoding="7bit"),
        )
    )


def iphone(r: Reply) -> bytes:
    rich = f'<html><body dir="auto">{div(r.text)}<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">{MOBILE[r.language]}</div><div dir="ltr"><br><blockquote type="cite">{html.escape(r.wrote)}<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">{div(r.letter)}</div></blockquote></body></html>'
    return mail(
        multi(
            "alternative",
            part(f"{r.text}\n\n{MOBILE[r.language]}\n\n> {r.wrote}\n> \n{quoted(r.letter)}"),
            part(rich, "html"),
        )
    )


def thunderbird(r: Reply) -> bytes:
    wrote = {
        "en": "On 3/3/25 10:11, Requests wrote:",
        "es": "El 3/3/25 a las 10:11, Requests escribió:",
        "pt": "Em 03/03/2025 10:11, Requests escreveu:",
        "fr": "Le 03/03/2025 à 10:11, Requests a écrit :",
        "de": "Am 03.03.25 um 10:11 schrieb Requests:",
    }[r.language]
    return mail(
        part(
            f"{wrote}\n{quoted(r.letter)}\n\n{r.text}\n\n-- \n{SIGN[r.language]}\n",
            extra="; format=flowed",
        )
    )


def yahoo(r: Reply) -> bytes:
    rich = f'<html><head></head><body><div class="ydp1yahoo-style-wrap"><div dir="ltr">{br(r.text)}</div><div><br></div></div><div id="ydp2yahoo_quoted_1" class="ydp2yahoo_quoted"><div>{html.escape(r.wrote)}</div><div>{div(r.letter)}</div></div></body></html>'
    return mail(
        multi(
            "alternative",
            part(f" {r.text}\n\n    {r.wrote}  \n \n {r.letter}\n"),
            part(rich, "html"),
        )
    )


def proton(r: Reply) -> bytes:
    rich = f'<div style="font-family: Arial">{br(r.text)}</div><div class="protonmail_signature_block"><div class="protonmail_signature_block-proton">Sent with Proton Mail secure email.</div></div><div class="protonmail_quote">{html.escape(r.wrote)}<br><blockquote class="protonmail_quote" type="cite">{div(r.letter)}</blockquote></div>'
    return mail(part(rich, "html"))


def samsung(r: Reply) -> bytes:
    f, s, when, t, subject = BLOCK[r.language]
    return mail(
        part(
            f"{r.text}\n\nSent from my Galaxy\n\n\n-------- {ORIGINAL[r.language]} --------\n{f}: Requests <requests@mail.example>\n{s}: {when}\n{t}: tom@partner.example\n{subject}: Review\n\n{r.letter}"
        )
    )


def notes(r: Reply) -> bytes:
    return mail(
        part(
            f"{r.text}\n\n\n\nFrom:   Requests <requests@mail.example>\nTo:     Tom Smith/Partner@Partner\nDate:   03/03/2025 10:11\nSubject:        Review of your request\n\n\n\n{r.letter}",
            charset="iso-8859-1",
        )
    )


def zoho(r: Reply) -> bytes:
    rich = f'<div style="font-family: Verdana">{div(r.text)}<br></div><div class="zmail_extra_hr" style="border-top: 1px solid rgb(204, 204, 204);"><br></div><div class="zmail_extra" data-zbluepencil-ignore="true"><br><div id="Zm-_Id_-Sgn1">{html.escape(r.wrote)}</div><br><blockquote id="blockquote_zmail">{div(r.letter)}</blockquote></div>'
    return mail(
        multi(
            "alternative",
            part(f"{r.text}\n\n\n\n---- {r.wrote} ---\n\n{r.letter}\n"),
            part(rich, "html"),
        )
    )


def roundcube(r: Reply) -> bytes:
    rich = f'<html><body><p>{br(r.text)}</p><p id="reply-intro">{html.escape(r.wrote)}</p><blockquote type="cite" style="padding: 0 0.4em">{div(r.letter)}</blockquote></body></html>'
    return mail(
        multi("alternative", part(f"{r.text}\n\n{r.wrote}\n{quoted(r.letter)}"), part(rich, "html"))
    )


def gmx(r: Reply) -> bytes:
    f, s, when, t, subject = BLOCK[r.language]
    rich = f'<html><body><div style="font-family: Verdana">{div(r.text)}<div> <div name="quote" style="margin:10px 5px"><div style="margin:0 0 10px 0"><b>{s}:</b> {when}<br><b>{f}:</b> Requests &lt;requests@mail.example&gt;<br><b>{t}:</b> tom@partner.example<br><b>{subject}:</b> Review</div><div name="quoted-content">{div(r.letter)}</div></div></div></div></body></html>'
    return mail(part(rich, "html", encoding="quoted-printable"))


def html_beside_empty_plain(r: Reply) -> bytes:
    rich = f"<html><body><p>{br(r.text)}</p><blockquote>{div(r.letter)}</blockquote></body></html>"
    return mail(multi("alternative", part("\n"), part(rich, "html")))


def html_first(r: Reply) -> bytes:
    rich = f"<html><body><p>{br(r.text)}</p><blockquote type=cite>{div(r.letter)}</blockquote></body></html>"
    return mail(
        multi("alternative", part(rich, "html"), part(f"{r.text}\n\n{r.wrote}\n{quoted(r.letter)}"))
    )


def utf16(r: Reply) -> bytes:
    return mail(
        part(f"{r.text}\n\n{r.wrote}\n{quoted(r.letter)}", charset="utf-16", encoding="base64")
    )


def latin9(r: Reply) -> bytes:
    return mail(
        part(
            f"{r.text}\n\n{r.wrote}\n{quoted(r.letter)}",
            charset="iso-8859-15",
            encoding="quoted-printable",
        )
    )


def no_charset(r: Reply) -> bytes:
    return mail(
        f"Content-Type: text/plain\r\n\r\n{r.text}\r\n\r\n{r.wrote}\r\n{quoted(r.letter)}".replace(
            "\n", "\r\n"
        )
        .replace("\r\r", "\r")
        .encode()
    )


def wrong_charset(r: Reply) -> bytes:
    return mail(
        part(f"{r.text}\n\n{r.wrote}\n{quoted(r.letter)}").replace(
            b"charset=utf-8", b"charset=iso-8859-1"
        )
    )


def smime_signed(r: Reply) -> bytes:
    return mail(
        multi(
            "signed",
            part(f"{r.text}\n\n{r.wrote}\n{quoted(r.letter)}"),
            b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=smime.p7s\r\n\r\nMIIB\r\n",
        )
    )


def pgp_inline(r: Reply) -> bytes:
    return mail(
        part(
            f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{r.text}\n\n{r.wrote}\n{quoted(r.letter)}\n-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----\n"
        )
    )


def tnef(r: Reply) -> bytes:
    return mail(
        multi(
            "mixed",
            part(f"{r.text}\n\n-----{ORIGINAL[r.language]}-----\n{r.letter}"),
            b'Content-Type: application/ms-tnef; name="winmail.dat"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="winmail.dat"\r\n\r\neJ8+Ig==\r\n',
        )
    )


def banner(r: Reply) -> bytes:
    return mail(part(f"{BANNER[r.language]}\n\n{r.text}\n\n{r.wrote}\n{quoted(r.letter)}"))


def disclaimer(r: Reply) -> bytes:
    return mail(
        part(
            f"{r.text}\n\n{SIGN[r.language]}\n\n{LEGAL[r.language]}\n\n{r.wrote}\n{quoted(r.letter)}"
        )
    )


def related_logo(r: Reply) -> bytes:
    rich = f'<html><body><p>{br(r.text)}</p><p>{br(SIGN[r.language])}<br><img src="cid:logo"></p><div id="divRplyFwdMsg"><b>x</b></div>{div(r.letter)}</body></html>'
    image = b"Content-Type: image/png; name=logo.png\r\nContent-ID: <logo>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n"
    return mail(
        multi(
            "related",
            multi(
                "alternative",
                part(
                    f"{r.text}\n\n{SIGN[r.language]}\n\n-----{ORIGINAL[r.language]}-----\n{r.letter}"
                ),
                part(rich, "html"),
                mark="=_b2",
            ),
            image,
        )
    )


def marker(r: Reply) -> bytes:
    line = {
        "en": "Please write above this line",
        "es": "Escriba encima de esta línea",
        "pt": "Escreva acima desta linha",
        "fr": "Écrivez au-dessus de cette ligne",
        "de": "Bitte oberhalb dieser Zeile schreiben",
    }[r.language]
    return mail(part(f"{r.text}\n\n##- {line} -##\n\n{r.letter}"))


def fresh(r: Reply) -> bytes:
    return mail(part(r.text), In_Reply_To="", References="")


SHAPES: dict[str, Callable[[Reply], bytes]] = {
    f.__name__: f
    for f in (
        plain_top, plain_bottom, plain_interleaved, plain_broken_attribution, plain_no_marks, outlook_plain, outlook_rules, outlook_bold_block,
        gmail, gmail_bottom, outlook_html, owa, outlook_mobile, apple, iphone, thunderbird, yahoo, proton, samsung, notes, zoho, roundcube, gmx,
        html_beside_empty_plain, html_first, utf16, latin9, no_charset, wrong_charset, smime_signed, pgp_inline, tnef, banner, disclaimer,
        related_logo, marker, fresh,
    )
}  # fmt: skip
