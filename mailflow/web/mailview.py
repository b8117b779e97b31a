"""A captured mail as a mail program shows it: head, text, and HTML that can do no harm.

Only mails that we wrote ourselves come here, but what people wrote is quoted in them, so the HTML
is shown in a sandbox without scripts, foreign images or forms.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from urllib.parse import parse_qs, quote, unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from mailflow.core.letter import ANSWER_MARK

#: For the page inside the frame: nothing is loaded, links open in a tab of their own.
SANDBOX = "allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    f"base-uri 'none'; frame-ancestors 'self'; sandbox {SANDBOX}"
)


@dataclass(frozen=True, slots=True)
class Captured:
    """One mail that would have left, as the outbox holds it.

    `kind`, `audience` and `language` are those of its letter, `at` when it was written (UTC).
    """

    id: int
    recipient: str
    kind: str
    audience: str
    language: str
    subject: str
    at: datetime
    raw: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """What its bytes say. `html` is "" when there is only text."""

    sender_name: str
    sender: str
    reply_to: str
    message_id: str
    references: str
    text: str
    html: str


def opened(raw: bytes) -> Opened:
    """Reads the bytes of one of our own letters."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    name, sender = parseaddr(str(message.get("From", "")))
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return Opened(
        sender_name=name,
        sender=sender,
        reply_to=parseaddr(str(message.get("Reply-To", "")))[1],
        message_id=" ".join(str(message.get("Message-ID", "")).split()),
        references=" ".join(str(message.get("References", "")).split()),
        text=str(text.get_content()).replace("\r\n", "\n") if text else "",
        html=_with_pictures(message, str(html.get_content())) if html else "",
    )


def _with_pictures(message: EmailMessage, html: str) -> str:
    """Puts the pictures that came with the mail into the page itself (`cid:`, RFC 2392)."""
    for part in message.walk():
        name = str(part.get("Content-ID", "")).strip().strip("<>")
        if name and part.get_content_maintype() == "image":
            data = base64.b64encode(part.get_payload(decode=True) or b"").decode("ascii")  # type: ignore[arg-type]
            url = f"data:{part.get_content_type()};base64,{data}"
            html = html.replace(f"cid:{name}", url).replace(f"cid:{quote(name)}", url)
    return html


def for_frame(html: str, answer_path: str) -> str:
    """The HTML for the frame: links open outside, and a `mailto:` opens our own answer form.

    `answer_path` is the page with the form; the words of the link come along as `?text=`.
    """
    tree = LexborHTMLParser(html)
    for link in tree.css("a[href], area[href]"):
        href = link.attributes.get("href") or ""
        if href.lower().startswith("mailto:"):
            link.attrs["href"] = f"{answer_path}?text={quote(_body_of_link(href))}#answer"
            link.attrs["target"] = "_top"
        else:
            link.attrs["target"] = "_blank"
            link.attrs["rel"] = "noopener noreferrer"
    return tree.html or ""


def body_of(html: str) -> str:
    """What stands between `<body>` and `</body>`, as a quoting program takes it."""
    body = LexborHTMLParser(html).body
    return (body.inner_html or "") if body is not None else ""


def _body_of_link(mailto: str) -> str:
    """The prefilled text of a `mailto:` link (RFC 6068)."""
    query = urlsplit(mailto).query.replace("+", "%2B")
    return unquote(parse_qs(query).get("body", [""])[0]).strip()


def first_words(text: str, limit: int = 110, brand: str = "") -> str:
    """The beginning of a letter's text as a list of mails shows it, without its rules and marks.

    `brand` is the name that stands above each heading.
    """
    lines = (line.strip() for line in text.split("\n"))
    told = (line for line in lines if not line.startswith(ANSWER_MARK) and line.strip("=-"))
    words = " ".join(" ".join(told).split()).removeprefix(f"{brand} ")
    return words if len(words) <= limit else words[:limit].rsplit(" ", 1)[0] + " …"
