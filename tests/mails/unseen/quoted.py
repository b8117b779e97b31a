# ruff: noqa: W291 - a signature mark ends in a blank
"""What a dressed answer is made of: the letter it quotes, and the words of mail programs.

The letter is a shortened form of ours, with the lines that must never be read as the author's.
"""

from __future__ import annotations

import html

VENDOR = "requests@licensing.vendor.example"
REVIEW = """\
##- Write your answer above this line -##

Please check your request
=========================

If everything is right, reply to this mail with this one word:

    [ CONFIRM ]

We then create the provisional account and ask
ana.garcia@alimentos.example to accept it.

Account name: Alimentos del Sur S.A.
Customer email: ana.garcia@alimentos.example
Account domain: alimentos.example
Note to customer: Please accept before Friday.

* CANCEL: withdraws the request
* HELP: the form and all words you can use

-- 
Written by a program on behalf of Vendor."""
ACTIVATION = """\
##- Write your answer above this line -##

Your company's Smart Account: please accept or decline

Tom Baker asks to set up the Smart Account for your company.

To accept, reply to this mail with this one word:

    [ ACTIVATE ]

- carla@external.example: outside alimentos.example. Is this person
  meant to have access?

* DECLINE and your reason: refuses; nothing is created
* NOMINATE name@alimentos.example: lets a colleague decide
* NOT ME: this has nothing to do with you

-- 
Written by a program on behalf of Vendor."""

ON = {  # what programs write above a quote, whole
    "en": f"On Tue, Nov 24, 2026 at 9:00 AM Vendor <{VENDOR}> wrote:",
    "es": f"El mar, 24 nov 2026 a las 9:00, Vendor (<{VENDOR}>) escribió:",
    "pt": f"Em ter., 24 de nov. de 2026 às 09:00, Vendor <{VENDOR}> escreveu:",
    "fr": f"Le mar. 24 nov. 2026 à 09:00, Vendor <{VENDOR}> a écrit :",
    "de": f"Am Di., 24. Nov. 2026 um 09:00 Uhr schrieb Vendor <{VENDOR}>:",
}
BLOCK = {  # labels of the header block: from, sent, to, subject
    "en": ("From", "Sent", "To", "Subject"),
    "es": ("De", "Enviado", "Para", "Asunto"),
    "pt": ("De", "Enviado", "Para", "Assunto"),
    "fr": ("De", "Envoyé", "À", "Objet"),
    "de": ("Von", "Gesendet", "An", "Betreff"),
}
RULE = {
    "en": "Original Message",
    "es": "Mensaje original",
    "pt": "Mensagem original",
    "fr": "Message d'origine",
    "de": "Ursprüngliche Nachricht",
}
PHONE = {
    "en": "Sent from my iPhone",
    "es": "Enviado desde mi iPhone",
    "pt": "Enviado do meu iPhone",
    "fr": "Envoyé de mon iPhone",
    "de": "Von meinem iPhone gesendet",
}
GALAXY = {
    "en": "Sent from my Galaxy",
    "es": "Enviado desde mi Galaxy",
    "pt": "Enviado do meu Galaxy",
    "fr": "Envoyé depuis mon appareil Galaxy",
    "de": "Von meinem Galaxy gesendet",
}
OUTLOOK_APP = {
    "en": "Get Outlook for iOS",
    "es": "Obtener Outlook para iOS",
    "pt": "Obter o Outlook para iOS",
    "fr": "Télécharger Outlook pour iOS",
    "de": "Outlook für iOS herunterladen",
}
PRIVATE = {
    "en": "This message and its attachments are confidential. If you are not the intended recipient, "
    "please confirm deletion to the sender.",
    "es": "Este mensaje es confidencial. Si no es usted el destinatario, confirme al remitente su "
    "borrado.",
    "pt": "Esta mensagem é confidencial. Se não for o destinatário, confirme a exclusão ao remetente.",
    "fr": "Ce message est confidentiel. Si vous n'êtes pas le destinataire, merci de confirmer sa "
    "suppression à l'expéditeur.",
    "de": "Diese Nachricht ist vertraulich. Wenn Sie nicht der Adressat sind, bestätigen Sie dem "
    "Absender bitte die Löschung.",
}


class Mail:
    """One answer: language, role, text, and the letter it answers."""

    def __init__(self, language: str, role: str, text: str, number: int = 0) -> None:
        self.language, self.role, self.text, self.number = language, role, text, number
        self.letter = REVIEW if role == "partner" else ACTIVATION
        self.sender = (
            "Dana Whitfield <dana@partner.example>"
            if role == "partner"
            else "Ana Garcia <ana.garcia@alimentos.example>"
        )

    def head(self, *more: str) -> str:
        lines = [
            f"From: {self.sender}",
            f"To: Vendor <{VENDOR}>",
            "Subject: Re: [SA-7K3M-Q2XV] Please check and confirm: Alimentos del Sur S.A.",
            f"Message-ID: <unseen-{self.number}@mail.example>",
            "Date: Tue, 24 Nov 2026 10:12:00 +0000",
            "In-Reply-To: <letter-1@licensing.vendor.example>",
            "References: <letter-1@licensing.vendor.example>",
            "MIME-Version: 1.0",
            *more,
        ]
        return "\r\n".join(lines) + "\r\n\r\n"

    def quoted(self, mark: str = "> ") -> str:
        return "\n".join((mark + line).rstrip() for line in self.letter.split("\n"))

    def block(self, bold: bool = False) -> str:
        sender, sent, to, subject = BLOCK[self.language]
        gap = " :" if self.language == "fr" else ":"
        mark = "*" if bold else ""
        return (
            f"{mark}{sender}{gap}{mark} Vendor <{VENDOR}>\n"
            f"{mark}{sent}{gap}{mark} 24 November 2026 09:00\n"
            f"{mark}{to}{gap}{mark} {self.sender.split(' <')[0]}\n"
            f"{mark}{subject}{gap}{mark} [SA-7K3M-Q2XV] Please check and confirm"
        )

    def text_html(self, tag: str = "div", attributes: str = "") -> str:
        rows = (html.escape(line, quote=False) or "<br>" for line in self.text.split("\n"))
        return "".join(f"<{tag}{attributes}>{row}</{tag}>" for row in rows)

    def letter_html(self) -> str:
        rows = (html.escape(line, quote=False) or "&nbsp;" for line in self.letter.split("\n"))
        return "".join(f"<p style='margin:0'>{row}</p>" for row in rows)

    def block_html(self) -> str:
        rows = self.block().split("\n")
        cut = (row.partition(":") for row in rows)
        return "<br>".join(
            f"<b>{html.escape(a)}:</b>{html.escape(c, quote=False)}" for a, _, c in cut
        )
