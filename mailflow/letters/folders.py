"""Where templates and catalogues lie: the operator's folder, the package, the checkout."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent.parent


class LetterError(Exception):
    """A letter cannot be written: a template, catalogue or setting is at fault, never a mail."""


def find_templates(operator_folder: Path | None = None) -> list[Path]:
    """The template folders, first match wins: the operator's, then ours.

    Ours is `mailflow/templates` in an installed wheel and the sibling folder `templates` in a
    checkout. Raises LetterError when the operator's folder is named but missing, or ours is.
    """
    folders = []
    if operator_folder is not None:
        if not operator_folder.is_dir():
            raise LetterError(f"the template folder {operator_folder.name!r} does not exist")
        folders.append(operator_folder)
    ours = next(
        (f for f in (_HERE / "templates", _HERE.parent / "templates") if (f / "letters").is_dir()),
        None,
    )
    if ours is None:
        raise LetterError("the templates that belong to mailflow are missing: install it again")
    return [*folders, ours]


def find_locales(operator_folder: Path | None = None) -> list[Path]:
    """The folders of catalogues, first match wins: `locale` in the operator's folder, then ours."""
    own = [operator_folder / "locale"] if operator_folder is not None else []
    return [folder for folder in (*own, _HERE / "locale") if folder.is_dir()]
