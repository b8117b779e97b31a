"""What makes a partner's note look like phishing in our name (DOMAIN.md S25, I18).

Notes are shown to the customer inert and labelled as the partner's words; this is the second net:
a person looks before more mail goes out. Each finding is a word with its reason, never a score.
"""

from __future__ import annotations

import re
import unicodedata

from mailflow.core.address import in_domain

_LINK = re.compile(r"(?:https?://|www\.)([a-z0-9.-]+\.[a-z]{2,24})", re.IGNORECASE)
#: Nobody needs these to accept an account; whoever asks for them wants something else.
_BAIT = re.compile(
    r"\b(?:passwords?|passcode|one[- ]time code|gift cards?|bitcoin|crypto wallet|wire transfer|"
    r"iban|credit card|log ?in to (?:confirm|verify)|verify your account|"
    r"contraseñas?|tarjetas? (?:regalo|de crédito)|transferencia bancaria|"
    r"verifi(?:que|ca) su cuenta|"
    r"senhas?|cartão(?:-| )presente|cartão de crédito|transferência bancária|"
    r"mots? de passe|virement|carte (?:bancaire|cadeau)|"
    r"passwort|kennwort|überweisung|kreditkarte|gutscheinkarte)\b",
    re.IGNORECASE,
)
#: Small Cyrillic and Greek letters that nobody tells from Latin ones.
_TWINS = frozenset(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u04cf\u0501\u051b\u051d"
    "\u03b1\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7"
)


def suspicious(text: str, *own_domains: str) -> tuple[str, ...]:
    """Findings on one text: "foreign_link", "bait", "mixed_script".

    Args:
        text: A note or a name, as the partner wrote it; at most a few thousand characters.
        own_domains: The account's and the partner's domains, to which a link is no surprise.
    """
    found = []
    hosts = {host.lower().removeprefix("www.") for host in _LINK.findall(text)}
    if any(not any(_inside(host, own) for own in own_domains if own) for host in hosts):
        found.append("foreign_link")
    if _BAIT.search(text):
        found.append("bait")
    if mixed_script(text):
        found.append("mixed_script")
    return tuple(found)


def lookalike(domain: str) -> bool:
    """Whether a domain in its own script is made, or apt, to be taken for another one.

    Args:
        domain: In its own script, as people see it, not in punycode.
    """
    labels = domain.lower().split(".")
    return any(_mixed(label) or _all_twins(label) for label in labels)


def mixed_script(text: str) -> bool:
    """Whether a word of the text has letters of two scripts that look alike."""
    return any(_mixed(word) for word in re.findall(r"\w+", text))


def _all_twins(label: str) -> bool:
    """Whether every letter is a Cyrillic or Greek one that looks like a Latin one."""
    letters = [sign for sign in label if sign.isalpha()]
    return bool(letters) and all(sign in _TWINS for sign in letters)


def _inside(host: str, own: str) -> bool:
    return in_domain(f"x@{host}", own)


def _mixed(word: str) -> bool:
    """Latin letters together with Cyrillic or Greek ones: made to be mistaken for another word."""
    scripts = {
        name.split(" ", 1)[0]
        for sign in word
        if sign.isalpha() and (name := unicodedata.name(sign, ""))
    }
    return "LATIN" in scripts and bool(scripts & {"CYRILLIC", "GREEK"})
