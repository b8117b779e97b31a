"""What is wrong with templates and catalogues, found without writing a letter.

For `mailflow letters lint`, for translators and for our own tests: sentences without a
translation, guesses marked "fuzzy", values that a translation lost or made up, markup inside a
sentence, translations that nothing uses any more.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from jinja2 import TemplateSyntaxError
from jinja2.ext import babel_extract

from mailflow.config import ServiceSettings
from mailflow.letters import samples
from mailflow.letters.catalogue import placeholders, read_catalogue
from mailflow.letters.finish import Letters
from mailflow.letters.folders import LetterError, find_locales, find_templates

#: The few sentences that stand in code, not in a template.
IN_CODE = ("Write your answer above this line",)
_MARKUP = re.compile(r"</?[a-zA-Z]|&[a-z]+;|&#")
_OPTIONS = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}

Message = str | tuple[str, str]  # a sentence, or one and many


def messages(folders: Sequence[Path] | None = None) -> dict[Message, list[str]]:
    """Every sentence of the letters, and the templates that say it."""
    found: dict[Message, list[str]] = {message: ["letters"] for message in IN_CODE}
    for folder in folders or find_templates():
        for path in sorted([*folder.glob("letters/*.j2"), *folder.glob("kit/*/*.j2")]):
            for message in _extract(path):
                found.setdefault(message, []).append(path.stem)
    return found


def trouble(service: ServiceSettings, own: Path | None = None) -> list[str]:
    """Everything that is wrong with the letters of a service; [] = all can be written.

    Each situation is written in each of its languages, which finds unknown variables, empty
    values and dead links; then the catalogues are looked through. `own` is the operator's folder.
    """
    try:
        letters, folders = Letters(service, own), find_templates(own)
    except LetterError as fault:
        return [str(fault)]
    said: dict[str, None] = dict.fromkeys(_strays(own, folders[-1]))
    for sample in samples.SAMPLES:
        for language in service.languages:
            try:
                letters.finish(
                    samples.letter(sample, "reader@customer.example", language),
                    samples.envelope(sample, service),
                )
            except (LetterError, ValueError) as fault:
                said[str(fault)] = None
    try:
        for language in service.languages:
            if language != "en":
                said.update(dict.fromkeys(faults(language, folders, find_locales(own))))
    except LetterError as fault:
        said[str(fault)] = None
    return list(said)


def _strays(own: Path | None, ours: Path) -> Iterator[str]:
    """Files in the operator's folder that no letter ever reads: a name mistyped."""
    for path in sorted((own or ours).glob("letters/*.j2")):
        if not (ours / "letters" / path.name).exists() and not path.name.startswith("_"):
            known = [one.name for one in (ours / "letters").glob("*.j2")]
            near = difflib.get_close_matches(path.name, known, n=1)
            guess = f"; did you mean {near[0]}?" if near else ""
            yield f"letters/{path.name}: there is no letter of this name{guess}"


def faults(
    language: str, folders: Sequence[Path] | None = None, locales: Sequence[Path] | None = None
) -> list[str]:
    """What is wrong with the catalogue of a language; [] = complete and sound."""
    catalogue = read_catalogue(language, locales or find_locales())
    wanted = messages(folders)
    said = [f"{language}: not translated: {m!r}" for m in wanted if not _translated(catalogue, m)]
    for entry in catalogue:
        if not entry.id:
            continue
        message: Message = entry.id if isinstance(entry.id, str) else (entry.id[0], entry.id[1])
        if message not in wanted:
            said.append(f"{language}: nothing says this any more: {message!r}")
        if entry.fuzzy:
            said.append(f"{language}: only a guess (fuzzy): {message!r}")
        said.extend(f"{language}: {fault}: {message!r}" for fault in _differences(entry.id, entry))
    return said


def _extract(path: Path) -> Iterator[Message]:
    source = BytesIO(path.read_bytes())
    keywords = ("_", "gettext", "ngettext")
    try:
        for _line, function, text, _comments in babel_extract(source, keywords, [], _OPTIONS):
            # Babel lists a None for each value beside the sentence.
            said = [text] if isinstance(text, str) else [one for one in text or () if one]
            yield (said[0], said[1]) if function == "ngettext" else said[0]
    except TemplateSyntaxError as fault:
        raise LetterError(f"template {path.name}, line {fault.lineno}: {fault.message}") from fault


def _translated(catalogue: Catalog, message: Message) -> bool:
    entry = catalogue.get(message if isinstance(message, str) else message[0])
    if entry is None or not entry.string:
        return False
    forms = [entry.string] if isinstance(entry.string, str) else entry.string
    if isinstance(message, tuple) and len(forms) != catalogue.num_plurals:
        return False
    return all(form.strip() for form in forms)


def _differences(ids: Sequence[str] | str, entry: object) -> Iterator[str]:
    """Values and markup of a translation against its source."""
    sources = [ids] if isinstance(ids, str) else list(ids)
    strings = getattr(entry, "string", "")
    forms = [strings] if isinstance(strings, str) else list(strings)
    wanted = {name for source in sources for name in placeholders(source)}
    spare = {"n"} if len(sources) > 1 else set()  # "one point" needs no number
    for form in forms:
        if not wanted - spare <= set(placeholders(form)) <= wanted:
            yield f"its values differ, {sorted(set(placeholders(form)) ^ wanted)}"
        if "%" in re.sub(r"%\(\w+\)s", "", form):
            yield "a stray percent sign"
        if _MARKUP.search(form):
            yield "markup in a sentence"
