"""Addresses and domains by an exact grammar of our own (PROMISES.md I13, I17).

Nothing here guesses: a string is one plain `local@domain` or it is None. `parseaddr` of the
standard library is never an authority for who somebody is. Only ASCII letters are folded, so that
no foreign sign can become a registered partner's address (no NFKC, no Unicode case folding).
"""

from __future__ import annotations

import re
from functools import lru_cache

import idna
from publicsuffixlist import PublicSuffixList

from mailflow.core.freemail import COMMON, FREEMAIL, ROLES, SUFFIX_SLIPS
from mailflow.core.hygiene import clean_line

_MAX_LOCAL = 64  # octets, RFC 5321 s4.5.3.1.1
_MAX_ADDRESS = 254  # octets, RFC 5321 s4.5.3.1.3 less the angle brackets
_MAX_DOMAIN = 253
_LONG_ENOUGH = 5  # letters of a name in which one of them is a slip, and not another name
# RFC 5322 s3.2.3 dot-atom; quoted local parts are left out on purpose.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_FOUND = re.compile(
    r"(?<![A-Za-z0-9.!#$%&'*+/=?^_`{|}~-])"
    r"[A-Za-z0-9][A-Za-z0-9.!#$%&*+/=?^_`{|}~'-]{0,63}@[^\s@<>()\[\],;:\"'|/\\]{1,253}"
)
_SUFFIXES = PublicSuffixList()
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]{1,9}:(?://)?", re.I)


@lru_cache(maxsize=4096)
def _ascii_domain(text: str) -> str | None:
    """One host name of two labels or more, lower-case ASCII (IDNA 2008), or None."""
    if not text or len(text) > _MAX_DOMAIN:
        return None
    if text.isascii():
        domain = text.lower()
    else:
        try:
            domain = idna.encode(text, uts46=True, std3_rules=True).decode("ascii")
        except (idna.IDNAError, UnicodeError, ValueError, IndexError):
            return None
    labels = domain.split(".")
    if len(labels) < 2 or len(domain) > _MAX_DOMAIN or labels[-1].isdigit():
        return None
    for label in labels:
        if not _LABEL.fullmatch(label):
            return None
        if label.startswith("xn--"):
            try:
                idna.decode(label)
            except (idna.IDNAError, UnicodeError, ValueError, IndexError):
                return None
    return domain


def parse(text: str) -> str | None:
    """One address, lower-case ASCII with its domain in punycode, or None.

    Refused: controls and blanks anywhere, quoted local parts, comments, address literals,
    non-ASCII local parts (SMTPUTF8), more than 64 octets before and 254 in all.
    """
    if len(text) > _MAX_ADDRESS * 2:
        return None
    local, at, host = text.rpartition("@")
    if not at or len(local) > _MAX_LOCAL or not _LOCAL.fullmatch(local):
        return None
    domain = _ascii_domain(host)
    if domain is None:
        return None
    address = f"{local.lower()}@{domain}"
    return address if len(address) <= _MAX_ADDRESS else None


def domain_of(address: str) -> str:
    """What stands behind the `@`, "" if there is none."""
    return address.rpartition("@")[2] if "@" in address else ""


@lru_cache(maxsize=4096)
def organisational_domain(domain: str) -> str:
    """The registrable domain by the public suffix list: "mail.acme.co.uk" → "acme.co.uk".

    A public suffix itself ("co.uk") is returned unchanged, so that two hosts below one suffix
    never count as one organisation.
    """
    found = _SUFFIXES.privatesuffix(domain.lower())
    return str(found) if found else domain.lower()


def is_public_suffix(domain: str) -> bool:
    """Whether nobody owns this domain as a whole ("com", "co.uk")."""
    return _SUFFIXES.privatesuffix(domain) is None


def is_freemail(domain: str) -> bool:
    """Whether anybody can get a mailbox there (the domain itself or a subdomain of it)."""
    domain = domain.lower()
    return domain in FREEMAIL or organisational_domain(domain) in FREEMAIL


def is_role_address(address: str) -> bool:
    """Whether the local part names a desk ("info", "ventas", "it-support"), not a person."""
    local = address.partition("@")[0].lower().partition("+")[0]
    return local in ROLES or re.sub(r"[._-]|\d+$", "", local) in ROLES


def find_addresses(text: str) -> tuple[str, ...]:
    """Every readable address in running text, each once, in order."""
    found: dict[str, None] = {}
    if "@" in text:
        for match in _FOUND.finditer(text):
            address = parse(match.group().rstrip(".!?*_-…»”’"))
            if address:
                found[address] = None
    return tuple(found)


def normalise_domain(text: str) -> tuple[str | None, bool]:
    """A domain as people write it → (host name in ASCII, whether more than case was changed).

    Takes URLs, `www.`, a leading `@` or a whole address, a trailing dot or slash, capitals, IDN.
    None: no host name, an IP address, or a bare public suffix.
    """
    given = clean_line(text).strip("<>\"'`*()[]“”«» ,;")
    work = _SCHEME.sub("", given).lstrip("/")
    work = re.split(r"[/?#\s]", work, maxsplit=1)[0]
    if "@" in work:
        work = work.rpartition("@")[2]
    work = re.sub(r":\d{1,5}$", "", work).rstrip(".")
    if work.lower().startswith("www.") and work.count(".") > 1:
        work = work[4:]
    if work.startswith("*."):
        work = work[2:]
    domain = _ascii_domain(work)
    if domain is None or is_public_suffix(domain):
        return None, False
    return domain, domain != given.lower()


def in_domain(address: str, domain: str) -> bool:
    """Whether the address (or host name) lies in the domain or below it."""
    host = domain_of(address) or address
    return bool(domain) and (host == domain or host.endswith("." + domain))


def readable_domain(domain: str) -> str:
    """An IDN in its own script, anything else as it is."""
    if "xn--" not in domain:
        return domain
    try:
        return idna.decode(domain)
    except (idna.IDNAError, UnicodeError, ValueError, IndexError):
        return domain


def display_domain(domain: str) -> str:
    """For people: an IDN in its own script with its punycode beside it, else as it is."""
    shown = readable_domain(domain)
    return f"{shown} ({domain})" if shown != domain else domain


def suggest(address_or_domain: str) -> str:
    """What was probably meant by a mistyped address or domain, "" if nothing comes to mind.

    "jan@gmial.com" → "jan@gmail.com", "acme.con" → "acme.com", "jan@acme,com" → "jan@acme.com".
    """
    text = clean_line(address_or_domain).strip("<>\"' ")
    fixed = re.sub(r"\s*@\s*|\s+at\s+|\s*[\[(]at[\])]\s*", "@", text, count=1)
    fixed = re.sub(r"(?<=\w),(?=\w+$)|\s*[\[(]dot[\])]\s*|\.{2,}", ".", fixed).replace(" ", "")
    local, at, host = fixed.rpartition("@")
    host = host.lower().strip(".")
    stem, dot, last = host.rpartition(".")
    if dot and last in SUFFIX_SLIPS:
        host = f"{stem}.{SUFFIX_SLIPS[last]}"
    if host not in FREEMAIL:
        near = [known for known in COMMON if _distance_one(host, known)]
        if near:
            host = near[0]
    guess = f"{local}{at}{host}"
    readable = parse(guess) if at else normalise_domain(guess)[0]
    return readable if readable and readable != text.lower() else ""


def meant_in(address: str, domain: str) -> str:
    """The address as it would be without one slip in its domain, "" if that is none.

    >>> meant_in("ana@kestrel-fods.example", "kestrel-foods.example")
    'ana@kestrel-foods.example'
    """
    host = domain_of(address)
    written, wanted = organisational_domain(host), organisational_domain(domain)
    label, _, suffix = written.partition(".")
    other, _, wanted_suffix = wanted.partition(".")
    numbered = re.sub(r"\d", "", label) == re.sub(r"\d", "", other)  # site1 and site2 are two
    if suffix != wanted_suffix or len(other) < _LONG_ENOUGH or numbered:
        return ""
    if not _distance_one(label, other):
        return ""
    return f"{address[: -len(host)]}{host[: -len(written)]}{wanted}"


def _distance_one(a: str, b: str) -> bool:
    """Whether one insertion, deletion, replacement or swap of neighbours turns a into b."""
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    rest_a, rest_b = a[start:], b[start:]
    return (
        rest_a[1:] == rest_b[1:]
        or rest_a[1:] == rest_b
        or rest_a == rest_b[1:]
        or (len(rest_a) > 1 and rest_a[:2] == rest_b[1::-1] and rest_a[2:] == rest_b[2:])
    )
