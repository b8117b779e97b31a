"""CSS is inlined once, into the templates themselves, not into every mail.

`style.css` has one rule per class. At start css-inline works out the style of every class list
that a template uses, and the loader writes it beside the class: `class="p"` becomes
`class="p" style="…"`. The class stays for the rules of `head.css` (dark mode, phones), which
cannot be inlined.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from string import Template

import css_inline
from jinja2 import BaseLoader, Environment, FileSystemLoader

from mailflow.letters.folders import LetterError

_CLASS = re.compile(r'\bclass="([^"{}]+)"')
_INDENT = re.compile(r"\n\s+")
_STYLE = re.compile(r' style="([^"]*)"')


def stylesheet(name: str, folders: Sequence[Path], colours: Mapping[str, str]) -> str:
    """A file of the kit with the brand's colours filled in."""
    for folder in folders:
        path = folder / "kit" / name
        if path.is_file():
            try:
                return Template(path.read_text("utf-8")).substitute(colours)
            except (KeyError, ValueError) as fault:
                raise LetterError(f"kit/{name}: unknown colour {fault}") from fault
    raise LetterError(f"kit/{name} is missing")


class StyledLoader(BaseLoader):
    """Loads templates for the HTML part and writes the styles of their classes beside them."""

    def __init__(self, folders: Sequence[Path], css: str) -> None:
        self._files = FileSystemLoader(folders)
        self._css = css
        self._styles: dict[str, str] = {}
        self._inliner = css_inline.CSSInliner(
            load_remote_stylesheets=False, inline_style_tags=False, keep_style_tags=False
        )

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """Jinja's interface: source, file name, and whether it is still the newest."""
        source, name, fresh = self._files.get_source(environment, template)
        source = _INDENT.sub("\n", source)  # white space that would travel in every mail
        return _CLASS.sub(lambda found: self._styled(found[1]), source), name, fresh

    def list_templates(self) -> list[str]:
        """Names of all templates."""
        return self._files.list_templates()

    def _styled(self, classes: str) -> str:
        if classes not in self._styles:
            sample = f'<div class="{classes}"></div>'
            found = _STYLE.search(self._inliner.inline_fragment(sample, self._css))
            self._styles[classes] = found[0] if found else ""
        return f'class="{classes}"{self._styles[classes]}'
