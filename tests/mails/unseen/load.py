"""The cases of this folder as mails, with what they must be read as.

Formats: `replies_*`, `second_*`, `persons`: a line `=== language role level intent shape`, then the
answer. `machines`: `=== name kind`, then header lines, an empty line, the text. `requests`:
`=== outcome | errors | warnings`, lines `= field value`, lines `@Header: value`, then the text; a
question mark behind a name means that it is debatable and not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import Header
from pathlib import Path

from tests.mails.unseen.quoted import VENDOR, Mail
from tests.mails.unseen.shapes import SHAPES

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Answer:
    name: str
    raw: bytes
    language: str
    role: str
    level: str  # plain, natural, near or person
    intent: str  # near: "none" no decision at all, "noyes" no yes; else an intent
    text: str


@dataclass(frozen=True)
class Machine:
    name: str
    raw: bytes
    kind: str


@dataclass(frozen=True)
class Wanted:
    """A request mail: `errors` and `warnings` may end in "?", `loose` fields are not judged."""

    name: str
    raw: bytes
    outcome: str
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    fields: dict[str, str | list[str]]
    loose: frozenset[str]


def _blocks(name: str) -> Iterator[tuple[int, str, str]]:
    text = (HERE / name).read_text("utf-8")
    for number, block in enumerate(re.split(r"^=== ", text, flags=re.M)[1:], 1):
        head, _, body = block.partition("\n")
        # A line "# --- topic" before the next case is for the reader of the file.
        yield number, head.strip(), re.sub(r"\n# ---[^\n]*\n?$", "\n", body).removesuffix("\n")


def answers(*files: str) -> Iterator[Answer]:
    for file in files:
        for number, head, body in _blocks(file):
            language, role, level, intent, shape = head.split()
            raw = SHAPES[shape](Mail(language, role, body, number))
            name = f"{file}:{number} {language} {shape}"
            yield Answer(name, raw, language, role, level, intent, body)


def lines(file: str) -> Iterator[tuple[str, str]]:
    """(part, text) of each line of a file of short mails."""
    for line in (HERE / file).read_text("utf-8").split("\n"):
        if line and not line.startswith("# "):
            part = "approver" if line.startswith("C:") else "partner"
            yield part, line.removeprefix("C:").replace("\\n", "\n")


def _header(line: str) -> str:
    """A header line with RFC 2047 words where it needs them."""
    name, _, value = line.partition(": ")
    if line.isascii():
        return line
    return f"{name}: {Header(value, 'utf-8').encode(linesep=chr(13) + chr(10))}"


def machines() -> Iterator[Machine]:
    for number, head, body in _blocks("machines.txt"):
        name, kind = head.split()
        top, _, text = body.partition("\n\n")
        add = [
            f"To: Vendor <{VENDOR}>",
            f"Message-ID: <machine-{number}@mail.example>",
            "Date: Tue, 24 Nov 2026 10:12:00 +0000",
            "In-Reply-To: <letter-1@licensing.vendor.example>",
        ]
        if "From:" not in top:
            add.insert(0, "From: Dana Whitfield <dana@partner.example>")
        if "content-type" not in top.lower():
            add += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"]
        lines = "\r\n".join(add + [_header(line) for line in top.split("\n")])
        yield Machine(name, f"{lines}\r\n\r\n{text}".replace("\r\n", "\n").encode(), kind)


def requests() -> Iterator[Wanted]:
    for number, head, body in _blocks("requests.txt"):
        outcome, errors, warnings = (part.strip() for part in head.split("|"))
        rest = body.split("\n")
        fields: dict[str, str | list[str]] = {}
        loose: set[str] = set()
        extra: list[str] = []
        while rest and rest[0].startswith(("= ", "@")):
            line = rest.pop(0)
            if line.startswith("@"):
                extra.append(line[1:])
                continue
            field, _, value = line[2:].partition(" ")
            if field.endswith("?"):
                loose.add(field[:-1])
            elif field == "user_emails":
                fields[field] = value.split()
            else:
                fields[field] = value.rstrip("?").replace("\\n", "\n")
        add = [
            "From: Dana Whitfield <dana@partner.example>",
            f"To: {VENDOR}",
            f"Message-ID: <request-{number}@partner.example>",
            "Date: Tue, 24 Nov 2026 10:12:00 +0000",
            "MIME-Version: 1.0",
        ]
        if not any(line.startswith("Subject") for line in extra):
            add.append("Subject: New Smart Account")
        if not any(line.startswith("Content-Type") for line in extra):
            add.append("Content-Type: text/plain; charset=utf-8")
        charset = "iso-8859-1" if any("8859" in line for line in extra) else "utf-8"
        top = "\n".join(add + [_header(line) for line in extra]).replace("\r\n", "\n")
        raw = f"{top}\n\n".encode() + "\n".join(rest).encode(charset) + b"\n"
        yield Wanted(
            f"requests.txt:{number}",
            raw,
            outcome,
            tuple(errors.split()),
            tuple(warnings.split()),
            fields,
            frozenset(loose),
        )
