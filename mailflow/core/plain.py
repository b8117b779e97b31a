# ruff: noqa: E501 - tables of patterns are easier to compare on long lines
"""A correction in plain words: "No, the customer's email is ann@acme.example, sorry".

It is taken only where it leaves nothing to guess: a label, a word that sets it, and one value of
its kind, in a sentence that doubts nothing. It is never more than a changed line: a new review
follows. Where the same words could mean two things, the line is offered for sending, filled in.
"""

from __future__ import annotations

import re
from typing import Any

from mailflow.core.address import find_addresses, normalise_domain
from mailflow.core.bare import is_name
from mailflow.core.commands import NO_WORDS, Plain, Submission
from mailflow.core.hygiene import fold
from mailflow.core.request import Fields
from mailflow.core.sentences import split
from mailflow.core.words import word_set

_MAX_TEXT = 2000
_MAX_SENTENCES = 12
_MAX_USERS = 10

_ADDRESS = r"[^\s<>()\[\],;:\"'“”«»]+@[^\s<>()\[\],;:\"'“”«»]+"
_HOST = r"(?<![\w@.-])(?:https?://)?[\w-]+(?:\.[\w-]+)+(?![\w@-])"
_QUOTE = r"[<(\"'“«*_]*"
_MAIL = r"(?:(?:e-?mail|mail|contact)(?: address)?|address)"
_CORREO = r"(?:correo(?: electr[oó]nico)?|e-?mail|mail|direcci[oó]n(?: de (?:correo(?: electr[oó]nico)?|e-?mail))?|contacto)"
_ENDERECO = r"(?:e-?mail|correio(?: eletr[oôó]nico)?|endere[cç]o(?: de e-?mail)?|contato|contacto)"
_LABELS: dict[str, str] = {
    "customer_email": rf"(?:(?:customer|client)(?:['’]s)? {_MAIL}|approver(?:['’]s)?(?: {_MAIL})?|{_MAIL} (?:of|for) the (?:customer|client|approver)"
    rf"|{_CORREO} del (?:cliente|aprobador)|aprobador|{_ENDERECO} do (?:cliente|aprovador)|aprovador"
    r"|(?:adresse |e-?mail |courriel |mail )+du client|e-?mail(?:-adresse)? des kunden|kunden-?e-?mail)",
    "account_domain": r"(?:(?:account|company|customer(?:['’]s)?|internet|e-?mail) )?(?:domain(?: name)?|dom[ií]nio|domaine|domain)"
    r"(?: (?:of|for) the (?:account|company|customer)| de la (?:cuenta|empresa)| del cliente| da (?:conta|empresa)| do cliente| du (?:compte|client)| des kontos)?",
    "notice_email": rf"(?:(?:notice|notification) {_MAIL}|correo (?:de|para) (?:los )?avisos|{_ENDERECO} (?:de|para) (?:os )?avisos)",
    "account_name": r"(?:account name|name of the account|name for the account|nombre de la cuenta|nome da conta|nom du compte|kontoname|name des kontos)",
}
_SETS = (
    r"(?:(?:is|'s|should be|should read|must be|has to be|needs to be|ought to be|is supposed to be"
    r"|es|debe(?:r[ií]a)? ser|tiene que ser|ha de ser|ser[ií]a|[eé]|deve(?:ria)? ser|devia ser|tem (?:que|de) ser|est|doit [eê]tre|devrait [eê]tre|ist|lautet|muss lauten)"
    r"(?: (?:actually|really|in fact|now|instead|en realidad|ahora|na verdade|agora|en fait|jetzt))?|:|=|->|→)"
)
_CHANGE = r"(?:change|correct|update|set|replace|cambi\w+|corrij\w+|corregi\w+|actuali\w+|sustitu\w+|reempla\w+|alter\w+|mud\w+|tro(?:c|qu)\w+|corrig\w+|atualiz\w+|modifi\w+)"
_TO = r"(?:to|into|with|by|a|por|para|al|com|em|en|auf|zu)"
#: What the old value is beside the new one: "not acme.example", "instead of …", "(y no …)".
_OLD = re.compile(
    r"(?:,|\(|\s-)?\s*\b(?:and not|y no|e n[aã]o|not|no|n[aã]o|instead of|rather than|en (?:lugar|vez) de|em vez d[eo]|au lieu de|et non|nicht|statt)\s+"
    rf"{_QUOTE}(?:{_ADDRESS}|{_HOST})[)\"'”»>*_]*",
    re.I,
)
_NO_FIRST = re.compile(r"^\W*(?:no|nope|nein|n[aã]o|non)\s*[,.:;!–—-]\s+", re.I)
#: Sentences that hold one of these set nothing: they doubt, deny, or speak of another time.
_DOUBTS = word_set(
    "if unless whether when once until after before maybe perhaps probably possibly think guess suppose seems might could would not "
    "never don't dont doesn't isn't wasn't cannot can't without unsure sure check ask asking wonder was were used tomorrow later "
    "cuando hasta salvo quizas quiza tal creo supongo parece podria era antes nunca jamas sin duda manana luego "
    "caso quando ate talvez acho suponho nem sem duvida amanha depois "
    "quand peut-etre pas jamais sans wenn falls vielleicht nicht kein keine ob"
)
_BARE_DOUBTS = word_set("si se no nao non")  # "if", "not": words that are also something else
_ADD = re.compile(
    r"\b(?:add|include|a[ñn]ad\w+|agreg\w+|inclu[iy]\w*|sum(?:a|ar|e|en)|adicion\w+|acrescent\w+|ajout\w+|hinzufügen)\b",
    re.I,
)
_REMOVE = re.compile(
    r"\b(?:remove|delete|drop|take out|quit\w+|elimin\w+|borr\w+|remov\w+|retir\w+|exclu\w+|tir(?:e|ar|em)|supprim\w+|enlev\w+|entfern\w+)\b",
    re.I,
)
_USER = re.compile(
    r"\b(?:users?|usu[aá]ri[oa]s?|utilizador\w*|utilisateurs?|benutzer|nutzer)\b", re.I
)
#: Words that name a field loosely; enough to offer its line, not to fill it.
_LOOSE = {
    "user_emails": _USER,
    "account_domain": re.compile(r"\b(?:domain|dom[ií]nio|domaine)\b", re.I),
    "notice_email": re.compile(r"\b(?:notices?|notifications?|avisos?)\b", re.I),
    "customer_email": re.compile(
        r"\b(?:customers?|clients?|clientes?|approvers?|aprobador\w*|aprovador\w*|e-?mails?|correos?|address|direcci[oó]n|endere[cç]o)\b", re.I
    ),
}  # fmt: skip


def in_plain_words(text: str, names: frozenset[str], sender: str) -> Plain:
    """What a text without labelled lines corrects.

    Args:
        text: The author's new text.
        names: Words of his name and address, to tell his signature.
        sender: His address, which is never meant.
    """
    if len(text) > _MAX_TEXT:
        return NO_WORDS
    said = [s for s in split(text, names) if not (s.greeting or s.closing or s.signature)]
    mentioned = [v for s in said for v in values_of(s.text) if v != sender]
    if not mentioned and not any(_NAMED.search(s.text) for s in said):
        return NO_WORDS
    asks = any("?" in s.end for s in said)
    found: dict[str, Any] = {}
    removed: tuple[str, ...] = ()
    clear = not asks and len(said) <= _MAX_SENTENCES
    for sentence in said:
        whole = _NO_FIRST.sub("", sentence.text, count=1)
        line = _OLD.sub(" ", whole)
        users = _user_change(line)
        if users and not _doubted(line):
            if users[0] == "remove":
                removed += users[1]
            else:
                found["user_emails"] = (*found.get("user_emails", ()), *users[1])
            continue
        for name, value, rest in _settings(line):
            if _doubted(rest) or (name in found and found[name] != value):
                clear = False
            found.setdefault(name, value)
    set_here = {
        v for value in found.values() for v in ((value,) if isinstance(value, str) else value)
    }
    others = tuple(dict.fromkeys(v for v in mentioned if v not in set_here and v not in removed))
    if sender in set_here or not clear:
        found, removed, others = {}, (), tuple(dict.fromkeys(mentioned))
    submission = Submission(
        Fields(**found), adding="user_emails" in found, removed=removed,
        labelled=bool(found or removed),
    )  # fmt: skip
    return Plain(submission, others, _offers([s.text for s in said], sender))


def values_of(text: str) -> list[str]:
    """Addresses, and domains that are not part of one."""
    addresses = list(find_addresses(text))
    rest = re.sub(_ADDRESS, " ", text)
    hosts = [normalise_domain(m)[0] for m in re.findall(_HOST, rest)]
    return addresses + [host for host in hosts if host]


_NAMED = re.compile(rf"\b{_LABELS['account_name']}\b", re.I)
_SETTING = {
    name: re.compile(
        rf"(?<!\w)(?:{label}\s*,?\s*{_SETS}\s*:?|{_CHANGE}\s+(?:\w+\s+){{0,2}}?{label}(?:\s+(?:from|de|do|del|von)\s+{_QUOTE}\S+)?\s+{_TO})"
        rf"\s+{_QUOTE}(?P<value>{_HOST if name == 'account_domain' else _ADDRESS})",
        re.I,
    )
    for name, label in _LABELS.items()
    if name != "account_name"
}
_NAME_SETTING = re.compile(
    rf"(?<!\w)(?:{_LABELS['account_name']}\s*,?\s*{_SETS}\s*:?|{_CHANGE}\s+(?:\w+\s+){{0,2}}?{_LABELS['account_name']}\s+{_TO})"
    r"\s+[\"“«']?(?P<value>[^\"”»']{2,120}?)[\"”»']?\s*$",
    re.I,
)


def _settings(line: str) -> list[tuple[str, str, str]]:
    """(field, value, the rest of the sentence) of each field that a sentence sets."""
    found = []
    for name, pattern in _SETTING.items():
        for match in pattern.finditer(line):
            value = next(iter(values_of(match["value"].rstrip(".!"))), "")
            if value and ("@" in value) == (name != "account_domain"):
                found.append((name, value, line[: match.start()] + " " + line[match.end() :]))
    named = _NAME_SETTING.search(line.rstrip(" .!"))
    if named and is_name(named["value"].strip()):
        found.append(("account_name", named["value"].strip(), line[: named.start()]))
    if len(found) > 1:  # each is the rest of the other
        found = [(name, value, "") for name, value, _ in found]
    return found


def _user_change(line: str) -> tuple[str, tuple[str, ...]] | None:
    """("add" or "remove", addresses) of "please also add ann@acme.example as a user"."""
    addresses = find_addresses(line)
    add, remove = _ADD.search(line), _REMOVE.search(line)
    if not addresses or len(addresses) > _MAX_USERS or bool(add) == bool(remove):
        return None
    if not _USER.search(re.sub(_ADDRESS, " ", line)):
        return None
    return ("add" if add else "remove"), addresses


def _doubted(text: str) -> bool:
    words = set(re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", fold(re.sub(_ADDRESS, " ", text))))
    return not (_DOUBTS | _BARE_DOUBTS).isdisjoint(word.replace("’", "'") for word in words)


def _offers(said: list[str], sender: str) -> tuple[tuple[str, str, str], ...]:
    """Lines that may be meant: a value, and a word that goes with it in the same sentence."""
    found: dict[tuple[str, str, str], None] = {}
    for text in said:
        loose = re.sub(_ADDRESS, " ", text)
        for value in values_of(text):
            if value == sender:
                continue
            kinds = [name for name, words in _LOOSE.items() if words.search(loose)]
            if "@" not in value:
                kinds = [name for name in kinds if name == "account_domain"]
            else:
                kinds = [name for name in kinds if name != "account_domain"]
            if _REMOVE.search(loose) and "@" in value:
                found["user_emails", value, "remove"] = None
            elif "user_emails" in kinds or (_ADD.search(loose) and "@" in value):
                found["user_emails", value, "add"] = None
            elif kinds:
                found[kinds[0], value, ""] = None
    return tuple(found)[:3]
