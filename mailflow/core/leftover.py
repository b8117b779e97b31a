"""What a mail with labelled lines says beside them, and ends up in no field.

An address that nobody reads is a user who gets no access. So the review names what was left over:
addresses in no field, and lines that look like one of the form with a label that we do not know.
Greetings, prose without either, and signatures are left in peace.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from mailflow.core.address import find_addresses
from mailflow.core.commands import Submission
from mailflow.core.courtesy import GREETING
from mailflow.core.hygiene import clean_line, fold
from mailflow.core.lines import Entry
from mailflow.core.request import Problem
from mailflow.core.words import word_set

_MOST = 5  # of them that are named; a long mail around a form is prose
_LONG = 160  # characters of a line that are shown
_LINE = re.compile(r"\W*([^\W\d_][^:=@<>|\n]{1,40}?)\s*[:=]\s*(?!//)(\S.*)")
_WORDS = 4  # of a label
#: What stands before a colon in signatures and headers of mails.
_CONTACT = word_set(
    "tel telephone phone mobile mob cell fax direct office web website site www http https skype "
    "linkedin whatsapp address from to cc bcc sent date subject re fw fwd rv ps p.s pd n.b nb "
    "telefono tlf tfno movil fijo direccion de para enviado fecha asunto oficina "
    "telefone celular telemovel endereco data assunto escritorio "
    "portable adresse envoye objet mobil telefon handy datum betreff von an m t f e w d p"
)


def taken(submission: Submission, entries: Sequence[Entry]) -> frozenset[str]:
    """Every address that stands in a labelled place, read rightly or not."""
    found = {one for entry in entries for one in find_addresses(entry.text)}
    return frozenset(found.union(submission.fields.user_emails, submission.removed))


def leftover(
    lines: Sequence[str], known: Collection[str], names: frozenset[str]
) -> tuple[Problem, ...]:
    """What the lines outside the form hold that may be meant for it.

    Args:
        lines: In order, as far as the sign-off.
        known: Addresses that are somewhere in the form.
        names: Words of the author's name and address; a line of nothing else signs the mail.

    Returns:
        Problems "unplaced" (an address) and "not_understood" (a line), each once.
    """
    found: dict[Problem, None] = {}
    for line in lines:
        words = re.findall(r"[^\W\d_]{2,}", fold(line))
        if len(found) >= _MOST or (words and names.issuperset(words) and "@" not in line):
            break
        addresses = [
            one
            for one in find_addresses(line)
            if one not in known and not names.issuperset(re.findall(r"[^\W\d_]{2,}", one))
        ]
        match = _LINE.match(line[:_LONG])
        label = fold(match.group(1)).split() if match else []
        if GREETING.fullmatch(" ".join(label)):
            match = None
        if match and label and len(label) <= _WORDS and label[0].strip(".") not in _CONTACT:
            found[Problem("not_understood", "", clean_line(line)[:_LONG])] = None
        else:
            found |= dict.fromkeys(Problem("unplaced", "", one) for one in addresses)
    return tuple(found)[:_MOST]
