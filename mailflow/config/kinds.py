"""The kinds of values that settings have: each a type with its check and its own words for errors.

A message says what is wrong and shows a value that would be right; the loader adds where.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from mailflow.config import passwords
from mailflow.core.address import domain_of, parse

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
_LANGUAGE = r"[a-z]{2,3}(?:-[A-Z]{2})?"
_COLOUR = r"#[0-9A-Fa-f]{6}"


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.ASCII) is not None


def is_address(text: str) -> bool:
    """Whether `text` is one plain mail address, `local@domain.tld`, and nothing else."""
    return parse(text) is not None


def is_domain(text: str) -> bool:
    """Whether `text` is a domain name of at least two labels."""
    return "@" not in text and parse(f"postmaster@{text}") is not None


def _address(text: str) -> str:
    address = parse(text)
    if address is None:
        raise ValueError(f"{text!r} is not a mail address; write one such as name@vendor.example")
    return address


def _optional_address(text: str) -> str:
    return _address(text) if text else text


def _domain(text: str) -> str:
    if not is_domain(text):
        raise ValueError(f"{text!r} is not a domain; write one such as vendor.example")
    return domain_of(parse(f"postmaster@{text}") or "")


def _recipient(text: str) -> str:
    if text.startswith("@") and is_domain(text[1:]):
        return "@" + _domain(text[1:])
    if not is_address(text):
        raise ValueError(
            f"{text!r} is neither an address nor a domain with @ before it;"
            " write name@vendor.example or @vendor.example"
        )
    return _address(text)


def _local_part(text: str) -> str:
    if "@" in text or "+" in text or parse(f"{text}@vendor.example") is None:
        raise ValueError(f"{text!r} cannot stand before the @; write a word such as bounce")
    return text.lower()


def _link(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme == "mailto" and is_address(parts.path):
        return text
    if parts.scheme not in {"http", "https"} or not parts.hostname or _unsafe(text):
        raise ValueError(f"{text!r} is not a link; write https://… (or mailto:name@vendor.example)")
    return text


def _optional_link(text: str) -> str:
    return _link(text) if text else text


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    good = parts.scheme in {"http", "https"} and parts.hostname and not _unsafe(text)
    if not good or parts.query or parts.fragment:
        raise ValueError(
            f"{text!r} cannot carry our pages; write https://HOST or https://HOST/FOLDER"
        )
    return text.rstrip("/")


def _database_url(text: str) -> str:
    """Never shows the text: it holds a password."""
    if text.startswith("postgres://"):  # as many hosters give it
        text = text.replace("postgres", "postgresql", 1)
    kind, _, rest = text.partition("://")
    if kind == "postgresql" and rest:
        authority, _, path = rest.partition("/")
        if authority.count("@") > 1 or "@" in path:
            raise ValueError(
                "has an @ or / too many; in the password write @ as %40, / as %2F, : as %3A"
            )
        return text
    if kind == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return text
    raise ValueError(
        "is no database that mailflow knows; write postgresql://USER:PASSWORD@HOST/NAME, or"
        " sqlite:///FILE (four slashes where the path is absolute: sqlite:////var/lib/FILE)"
    )


def _unsafe(text: str) -> bool:
    return any(c.isspace() or not c.isprintable() or c in '"<>\\' for c in text)


def split_host_port(text: str) -> tuple[str, int] | None:
    """Host and port of `host:port` or `[::1]:port`; None where it is neither."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        if not _matches(r"[0-9A-Fa-f:.]+", host):
            return None
    elif not _matches(_HOST, host):
        return None
    if not colon or not _matches(r"[0-9]{1,5}", port) or int(port) > 65535:
        return None
    return host, int(port)


def is_loopback(place: str) -> bool:
    """Whether `host:port` or a URL can only be reached from this machine."""
    pair = split_host_port(place)
    host = pair[0] if pair else urlsplit(place).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _host_port(text: str) -> str:
    if split_host_port(text) is None:
        raise ValueError(f"{text!r} is not HOST:PORT; write one such as 127.0.0.1:8080")
    return text


def _optional_host_port(text: str) -> str:
    return _host_port(text) if text else text


def _password_hash(text: str) -> str:
    if not passwords.is_hash(text):
        raise ValueError("is not a password's hash; write what `mailflow console password` prints")
    return text


def _listen(text: str) -> str:
    scheme, mark, rest = text.partition("://")
    if scheme not in {"smtp", "lmtp"} or not mark or split_host_port(rest) is None:
        raise ValueError(
            f"{text!r} is not a place to listen at; write smtp://HOST:PORT or lmtp://HOST:PORT"
        )
    return text


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise ValueError(
            f"{text!r} is not an IP address or network; write 192.0.2.7 or 192.0.2.0/24"
        ) from None


def split_nameserver(text: str) -> tuple[str, int] | None:
    """Address and port of `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`.

    None where it is none of these. A name will not do: somebody would have to be asked for it.
    """
    pair = (text, 53)
    if text.startswith("[") or text.count(":") == 1:
        pair = split_host_port(text) or ("", 0)
    try:
        return (str(ip_address(pair[0])), pair[1]) if pair[1] else None
    except ValueError:
        return None


def _nameserver(text: str) -> str:
    if split_nameserver(text) is None:
        raise ValueError(
            f"{text!r} is not the IP address of a name server;"
            " write 192.0.2.53, 127.0.0.1:5353 or [::1]:5353"
        )
    return text


def _time_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, OSError, ValueError):  # unknown; a folder of the database; a path
        raise ValueError(
            f"{text!r} is not a time zone; write one such as UTC or Europe/Madrid"
        ) from None
    return text


def _language(text: str) -> str:
    if not _matches(_LANGUAGE, text):
        raise ValueError(f"{text!r} is not a language code; write one such as en, es or pt")
    return text


def _colour(text: str) -> str:
    if not _matches(_COLOUR, text):
        raise ValueError(f"{text!r} is not a colour; write six hexadecimal digits, #1a4f8b")
    return text.lower()


def _line(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; write some text")
    if not text.isprintable():
        raise ValueError("has line breaks or control characters; write one plain line")
    return text.strip()


def _optional_line(text: str) -> str:
    return _line(text) if text else text


def _hostname(text: str) -> str:
    if text and not _matches(_HOST, text):
        raise ValueError(f"{text!r} is not a host name; write one such as mail.vendor.example")
    return text


def _host(text: str) -> str:
    if not text:
        raise ValueError("is empty; write a host name such as imap.vendor.example")
    return _hostname(text)


def _flag(text: str) -> str:
    # An atom (RFC 3501 §9, flag-keyword), or the one flag of the system that fits.
    if text != "\\Seen" and not _matches(r"[A-Za-z0-9$_.+-]{1,64}", text):
        raise ValueError(f"{text!r} is not a flag; write a word such as $MailflowDone, or \\Seen")
    return text


def _header_name(text: str) -> str:
    if not _matches(r"[A-Za-z0-9-]{1,64}", text):
        raise ValueError(f"{text!r} is not the name of a header field; write one such as To")
    return text


Address = Annotated[str, AfterValidator(_address)]
OptionalAddress = Annotated[str, AfterValidator(_optional_address)]
Domain = Annotated[str, AfterValidator(_domain)]
Recipient = Annotated[str, AfterValidator(_recipient)]  # an address, or @domain
LocalPart = Annotated[str, AfterValidator(_local_part)]
Link = Annotated[str, AfterValidator(_link)]
OptionalLink = Annotated[str, AfterValidator(_optional_link)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]  # without a slash at its end
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
HostPort = Annotated[str, AfterValidator(_host_port)]
OptionalHostPort = Annotated[str, AfterValidator(_optional_host_port)]
PasswordHash = Annotated[str, AfterValidator(_password_hash)]
Listen = Annotated[str, AfterValidator(_listen)]
Network = Annotated[str, AfterValidator(_network)]
Nameserver = Annotated[str, AfterValidator(_nameserver)]  # IP address, or IP:PORT
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Language = Annotated[str, AfterValidator(_language)]
Colour = Annotated[str, AfterValidator(_colour)]
Line = Annotated[str, AfterValidator(_line)]
OptionalLine = Annotated[str, AfterValidator(_optional_line)]
Hostname = Annotated[str, AfterValidator(_hostname)]
Host = Annotated[str, AfterValidator(_host)]
Flag = Annotated[str, AfterValidator(_flag)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
