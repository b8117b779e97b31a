"""How well and how fast answers are read: our reader, and public quote cutters with a plain rule.

Run from the checkout: `python -m bench.reading`. All get the mails of `tests.corpus`. The public
libraries only cut quotes; beside them stands the rule that people put behind them: the first line
that is not empty decides, if it is one of the words. They are looked for in bench/.peers:

    pip install --target bench/.peers email-reply-parser mail-parser-reply quotequail

Printed per reader: decisions read where there is none (of all cases that are none), clear
decisions not read, and mails per second on one core, from raw bytes to meaning.
"""

from __future__ import annotations

import email
import email.policy
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.corpus import DECISIONS, Case, cases, judge
from tests.mails.clients import SHAPES, Reply

sys.path.append(str(Path(__file__).parent / ".peers"))
LANGUAGES = ["en", "es", "pt", "fr", "de"]
WORDS = {
    "partner": {
        "confirm": "confirm confirmed yes confirmar confirmo confirmado confirmada sí si sim "
        "confirmer confirmé oui bestätigen bestätigt ja",
        "cancel": "cancel cancelar annuler stornieren",
    },
    "approver": {
        "accept": "accept activate aceptar acepto activar activo aceitar aceito ativar ativo "
        "accepter j'accepte activer aktivieren akzeptieren annehmen",
        "decline": "decline reject rechazar rechazo recusar recuso refuser ablehnen",
    },
}
SIZE = (2_000, 20_000)  # bytes of an ordinary mail
OWN = "Hi,\n\nCONFIRM\n\nRegards,\nTom Smith"


def _text(raw: bytes) -> str:
    """The plain part by the standard library, else the HTML with its tags taken out."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    part = message.get_body(("plain", "html"))
    text = str(part.get_content()) if part is not None else ""
    if part is not None and part.get_content_type() == "text/html":
        from selectolax.lexbor import LexborHTMLParser

        body = LexborHTMLParser(text).body
        text = body.text(separator="\n") if body else ""
    return text


def _first_line(text: str, part: str) -> str:
    for line in text.splitlines():
        word = line.strip(" \t*.!\"'").lower()
        if word:
            first = word.split()[0].strip(",.:;!")
            return next((i for i, ws in WORDS[part].items() if first in ws.split()), "unknown")
    return "unknown"


def _peers() -> dict[str, Callable[[str], str]]:
    """Library → its cut of a text. Those that are not there are left out, with a word."""
    found: dict[str, Callable[[str], str]] = {"no cut at all": lambda text: text}
    try:
        from email_reply_parser import EmailReplyParser

        found["email-reply-parser"] = EmailReplyParser.parse_reply
    except ImportError:
        print("email-reply-parser is not there, see the head of this file", file=sys.stderr)
    try:
        from mailparser_reply import EmailReplyParser as Parser

        parser = Parser(languages=LANGUAGES)
        found["mail-parser-reply"] = lambda text: parser.parse_reply(text=text) or ""
    except ImportError:
        print("mail-parser-reply is not there", file=sys.stderr)
    try:
        import quotequail

        def cut(text: str) -> str:
            pieces = quotequail.quote(text)
            return "\n".join(piece for shown, piece in pieces if shown)

        found["quotequail"] = cut
    except ImportError:
        print("quotequail is not there", file=sys.stderr)
    return found


def _by_peer(cut: Callable[[str], str]) -> Callable[[Case], str]:
    def read(case: Case) -> str:
        try:
            return _first_line(cut(_text(case.raw)), case.part)
        except Exception:  # a reader that raises has read nothing
            return "raised"

    return read


def main() -> None:
    """Print the table."""
    every = [case for case in cases() if case.expected != "change"]
    made = [
        Case(shape, wrap(Reply(OWN, language, letters)), "partner", "confirm", "speed")
        for shape, wrap in SHAPES.items()
        for language in LANGUAGES
        for letters in (3, 8, 16)
    ]
    ordinary = [case for case in made if SIZE[0] <= len(case.raw) <= SIZE[1]]
    mean = sum(len(case.raw) for case in ordinary) // len(ordinary)
    readers: dict[str, Callable[[Case], str]] = {"mailflow": lambda case: judge(case).got}
    readers |= {name: _by_peer(cut) for name, cut in _peers().items()}
    print(f"{len(every)} mails; speed over {len(ordinary)} others of {mean} bytes on average")
    print(f"{'':20} {'false':>12} {'missed':>12} {'raised':>7} {'mails/s':>8}")
    for name, read in readers.items():
        false = missed = raised = clear = none = 0
        for case in every:
            got = read(case)
            meant = case.expected if case.expected in DECISIONS else ""
            known = any(case.expected in words for words in WORDS.values())
            if known:
                clear += 1
                missed += got != case.expected
            elif not meant:
                none += 1
                false += got in DECISIONS
            raised += got == "raised"
        start = time.process_time()
        for case in ordinary:
            read(case)
        speed = len(ordinary) / (time.process_time() - start)
        print(
            f"{name:20} {false:5} {false / none:6.1%} {missed:5} {missed / clear:6.1%} "
            f"{raised:7} {speed:8.0f}"
        )


if __name__ == "__main__":
    main()
