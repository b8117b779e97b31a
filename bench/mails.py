"""The mails of the bench, signed before the clock runs.

Every mail has an RSA-2048 signature of its own author's domain. What is only known when it is
sent (to which secret address, in answer to which letter) stands in fields that are not signed,
as with many real senders; so the driver signs nothing while it measures.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from email.utils import formatdate

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

INTAKE = "requests@vendor.example"
PARTNERS = 400
PARTNER_DOMAINS = 40
_SIGNED = ("From", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")

_REQUEST = """\
Hello,

we would like an account for our customer, please:

Account name: Harbour Logistics {number} & Co.
Customer email: {approver}
Account domain: https://www.{domain}/
Note to customer: This is the account for the licences of your order of October.
Please accept it before the roll-out.

Thank you!
--\x20
Pat Partner
Partner Networks
"""
_QUOTE = """\

On Mon, 2 Nov 2026 at 10:15, Example Vendor <requests@vendor.example> wrote:
> Write your answer above this line
>
> Dear reader,
>
> this is what we have understood. Please look at it once more, and answer
> with one word if all of it is right.
>
> Account name: Harbour Logistics {number} & Co.
> Account domain: {domain}
> Note to customer: This is the account for the licences of your order of October.
> Please accept it before the roll-out.
>
> Kind regards,
> Example Vendor
"""


def partner(number: int) -> str:
    """The address of a registered partner."""
    return f"pat{number}@partner{number % PARTNER_DOMAINS}.example"


def people_csv() -> str:
    """The directory, as `mailflow people import` takes it."""
    rows = [f"{partner(n)},Pat {n},Partner Networks,partner,active,en" for n in range(PARTNERS)]
    return "\n".join(["email,name,company,role,status,language", *rows]) + "\n"


class Signer:
    """Signs with one key, which every domain of the bench publishes."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)

    @property
    def record(self) -> bytes:
        """What stands in DNS."""
        public = self._key.public_key()
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)

    def signed(self, author: str, subject: str, message_id: str, text: str) -> bytes:
        """A mail in CRLF, relaxed/relaxed (RFC 6376); written so that it is canonical already."""
        domain = author.rpartition("@")[2]
        fields = {
            "From": f"Somebody <{author}>",
            "Subject": subject,
            "Date": formatdate(),
            "Message-ID": message_id,
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=utf-8",
        }
        body = text.replace("\n", "\r\n").encode()
        canonical = text.replace(" \n", "\n").replace("\n", "\r\n").encode()
        digest = base64.b64encode(hashlib.sha256(canonical).digest()).decode()
        own = (
            f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=bench;"
            f" h={':'.join(_SIGNED)}; bh={digest}; b="
        )
        head = "".join(f"{name.lower()}:{fields[name]}\r\n" for name in _SIGNED)
        value = self._key.sign(f"{head}dkim-signature:{own}".encode(), PKCS1v15(), SHA256())
        written = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        signature = f"DKIM-Signature: {own}{base64.b64encode(value).decode()}\r\n"
        return f"{signature}{written}\r\n".encode() + body


@dataclass(frozen=True, slots=True)
class Script:
    """What is sent in one conversation, and by whom."""

    partner: str
    approver: str
    request: bytes
    confirm: bytes
    accept: bytes


def script(signer: Signer, run: str, number: int) -> Script:
    """The conversation with this number; `run` keeps those of several runs apart."""
    asker = partner(number % PARTNERS)
    domain = f"c{number}.{run}-customer.example"
    approver = f"jan@{domain}"
    stem = f"{number}.{run}"
    text = _REQUEST.format(number=number, approver=approver, domain=domain)
    # The values as they were asked for: changed lines in a quotation would be a correction.
    quote = _QUOTE.format(number=number, domain=domain)
    return Script(
        asker,
        approver,
        signer.signed(asker, f"New account {number}", f"<r{stem}@partner.example>", text),
        signer.signed(
            asker, "Re: please look at your request", f"<c{stem}@partner.example>",
            "CONFIRM\n" + quote,
        ),
        signer.signed(
            approver, "Re: your account", f"<a{stem}@customer.example>", "ACCEPT\n" + quote
        ),
    )  # fmt: skip


def addressed(raw: bytes, recipient: str, answers: str = "") -> bytes:
    """The mail with the fields that are only known when it is sent."""
    head = f"To: {recipient}\r\n"
    if answers:
        head += f"In-Reply-To: {answers}\r\nReferences: {answers}\r\n"
    return head.encode() + raw
