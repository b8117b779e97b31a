"""Letters and pages: templates, languages, brand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mailflow.cli.check.finding import Finding, fault, ok, warning
from mailflow.config import Config

#: WCAG 2 success criterion 1.4.3: contrast of text.
CONTRAST = 4.5
#: Letters stay below 100 kB with their logo in them.
LOGO_BYTES = 50_000
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def examine(config: Config) -> Iterator[Finding]:
    """Whether letters can be written, and can be read."""
    from mailflow.letters import LetterError
    from mailflow.letters.catalogue import languages
    from mailflow.letters.folders import find_locales, find_templates
    from mailflow.letters.lint import trouble

    service = config.service
    folder = Path(service.templates) if service.templates else None
    try:
        folders = find_templates(folder)
        known = languages(find_locales(folder))
    except LetterError as error:
        yield fault("templates", str(error), "look at [service] templates, or install it again")
        return
    wrong = trouble(service, folder) if folder else []
    for what in wrong:
        yield fault("template", what, "mend it, then look: mailflow letters lint")
    if not wrong:
        yield ok("templates", f"templates: {', '.join(str(found) for found in folders)}")
    for language in service.languages:
        if language not in known:
            yield fault(
                "language",
                f"service.languages: there is no translation for {language}",
                f"take it out; known: {', '.join(sorted(known))}",
            )
    brand = service.brand
    if (ratio := contrast_with_white(brand.colour)) < CONTRAST:
        yield warning(
            "colour",
            f"service.brand.colour: white text on {brand.colour} has a contrast of {ratio:.1f},"
            f" and needs {CONTRAST}",
            "choose a darker colour",
        )
    if brand.logo_file:
        yield from _logo(Path(brand.logo_file))


def contrast_with_white(colour: str) -> float:
    """Contrast ratio of white on `#rrggbb`, 1 to 21 (WCAG 2, "contrast ratio")."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)


def _logo(path: Path) -> Iterator[Finding]:
    try:
        data = path.read_bytes()
    except OSError as error:
        yield fault("logo", f"{path}: cannot be read ({error.strerror})", "look at the path")
        return
    if not data.startswith(_SIGNATURES):
        yield fault("logo", f"{path}: is neither PNG nor JPEG", "save it as PNG")
    elif len(data) > LOGO_BYTES:
        yield warning(
            "logo-large",
            f"{path}: {len(data) // 1000} kB go with every letter",
            f"make it smaller than {LOGO_BYTES // 1000} kB",
        )
