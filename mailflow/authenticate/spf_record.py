"""An SPF record as a value, and the macros in it (RFC 7208 s4.6.1, s7). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address

LONGEST = 8192  # bytes of one record; the RFC hopes for 450, the longest in use have about 4000

_QUALIFIERS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_DIRECTIVE = re.compile(r"([+?~-]?)([a-z][a-z0-9._-]*)((?:[:/].*)?)", re.I | re.S | re.ASCII)
_MODIFIER = re.compile(r"([a-z][a-z0-9._-]*)=(.*)", re.I | re.S | re.ASCII)
_LENGTHS = re.compile(r"(?P<spec>[^/]*|.*?)(?:/(?P<four>\d{1,3}))?(?://(?P<six>\d{1,3}))?", re.S)
_MACRO = re.compile(r"%(?:\{([slodivhcrtp])(\d{0,3})(r?)([.+,/_=-]*)\}|([%_-]))", re.I)
_MECHANISMS = {"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"}


class BrokenRecord(Exception):  # noqa: N818 - RFC 7208 calls the outcome permerror
    """The record does not follow the grammar: permerror."""


@dataclass(frozen=True, slots=True)
class Directive:
    """One mechanism with what it leads to."""

    result: str  # "pass", "fail", "softfail" or "neutral"
    mechanism: str
    spec: str = ""  # domain-spec with its macros; "" = the current domain
    network: IPv4Network | IPv6Network | None = None
    four: int = 32  # prefix lengths for a and mx
    six: int = 128


@dataclass(frozen=True, slots=True)
class Record:
    """All directives in order, and where to go on if none of them matches."""

    directives: tuple[Directive, ...]
    redirect: str = ""


@dataclass(frozen=True, slots=True)
class Sending:
    """What macros may speak of."""

    address: Address
    local: str
    domain: str  # of MAIL FROM
    helo: str


def select(records: Iterable[bytes]) -> Record | None:
    """The one SPF record among TXT records, None if there is none; raises BrokenRecord."""
    found = [r for r in records if r[:6].lower() == b"v=spf1" and r[6:7] in (b"", b" ")]
    if not found:
        return None
    if len(found) > 1:
        raise BrokenRecord("more than one record")
    if not found[0].isascii() or len(found[0]) > LONGEST:
        raise BrokenRecord("not ASCII, or too long")
    directives: list[Directive] = []
    modifiers: dict[str, str] = {}
    for term in found[0][6:].decode("ascii").split():
        modifier = _MODIFIER.fullmatch(term)
        if modifier:
            name = modifier.group(1).lower()
            if name in ("redirect", "exp") and name in modifiers:
                raise BrokenRecord(f"{name} twice")
            modifiers[name] = modifier.group(2)
            continue
        directives.append(_directive(term))
    redirect = modifiers.get("redirect")
    if redirect is not None:
        _check_spec(redirect)
    return Record(tuple(directives), redirect or "")


def _directive(term: str) -> Directive:
    match = _DIRECTIVE.fullmatch(term)
    if match is None or match.group(2).lower() not in _MECHANISMS:
        raise BrokenRecord(f"unknown term {term[:40]!r}")
    result, name, rest = _QUALIFIERS[match.group(1) or "+"], match.group(2).lower(), match.group(3)
    if name == "all":
        if rest:
            raise BrokenRecord("all with something behind it")
        return Directive(result, name)
    if name in ("ip4", "ip6"):
        return Directive(result, name, network=_network(name, rest))
    if name in ("include", "exists"):
        if not rest.startswith(":"):
            raise BrokenRecord(f"{name} without a domain")
        _check_spec(rest[1:])
        return Directive(result, name, rest[1:])
    if rest.startswith("//"):
        rest = "/32" + rest  # only a length for IPv6
    spec = rest
    lengths = _LENGTHS.fullmatch(rest)
    four, six = 32, 128
    if lengths and name != "ptr":
        spec = lengths.group("spec")
        four, six = int(lengths.group("four") or 32), int(lengths.group("six") or 128)
    if four > 32 or six > 128:
        raise BrokenRecord("prefix length")
    if spec:
        if not spec.startswith(":"):
            raise BrokenRecord(f"unknown term {term[:40]!r}")
        spec = spec[1:]
        _check_spec(spec)
    return Directive(result, name, spec, four=four, six=six)


def _network(name: str, rest: str) -> IPv4Network | IPv6Network:
    if not rest.startswith(":") or "%" in rest:
        raise BrokenRecord(f"{name} without an address")
    try:
        network = ip_network(rest[1:], strict=False)
    except ValueError as error:
        raise BrokenRecord(f"{name} with a broken address") from error
    if network.version != (4 if name == "ip4" else 6) or not re.fullmatch(r"[^/]+(/\d+)?", rest):
        raise BrokenRecord(f"{name} with a broken address")
    return network


def _check_spec(spec: str) -> None:
    rest = _MACRO.sub("", spec)
    if not spec or "%" in rest or not all("!" <= sign <= "~" for sign in spec):
        raise BrokenRecord("broken domain")


def expand(spec: str, current: str, sending: Sending) -> str:
    """A domain-spec with its macros filled in, cut from the left to 253 characters (s7.3)."""
    values = {
        "s": f"{sending.local}@{sending.domain}",
        "l": sending.local,
        "o": sending.domain,
        "d": current,
        "i": _dotted(sending.address),
        "v": "in-addr" if sending.address.version == 4 else "ip6",
        "h": sending.helo,
        "p": "unknown",  # s7.3: so it may be when nobody looks for the name
    }

    def fill(match: re.Match[str]) -> str:
        letter, digits, turned, signs, plain = match.groups()
        if plain:
            return {"%": "%", "_": " ", "-": "%20"}[plain]
        if letter.lower() not in values:
            raise BrokenRecord(f"macro {letter} belongs to explanations")
        parts = re.split(f"[{re.escape(signs or '.')}]", values[letter.lower()])
        if turned:
            parts.reverse()
        if digits:
            if int(digits) == 0:
                raise BrokenRecord("macro with no parts")
            parts = parts[-int(digits) :]
        return ".".join(parts)

    name = _MACRO.sub(fill, spec).rstrip(".")
    while len(name) > 253 and "." in name:
        name = name.partition(".")[2]
    return name


def _dotted(address: Address) -> str:
    if address.version == 4:
        return str(address)
    return ".".join(address.exploded.replace(":", ""))
