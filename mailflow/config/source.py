"""Where values come from: the TOML file and the environment, as flat maps from path to value.

Each value keeps its origin, so that a complaint names the line or the variable that must change.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailflow.config.schema import (
    NAME,
    find,
    is_named,
    is_table,
    near,
    settings,
    tables,
    takes_names,
)

PREFIX = "MAILFLOW_"
#: Variables that are no settings: the file's name, and switches of the test suite.
RESERVED = re.compile(r"MAILFLOW_(CONFIG|FAILPOINT|TEST_.*|REQUIRE_.*)")

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A value as written, and where."""

    value: Any
    where: str
    folder: Path | None = None  # what relative paths start from; None = the working directory


@dataclass(frozen=True, slots=True)
class Found:
    """What one source says, and what is wrong with it. `read`: whether it could be read at all."""

    values: dict[Key, Value]
    problems: list[str]
    read: bool = True


def from_file(path: Path) -> Found:
    """Read a TOML file. Whatever is wrong with it comes back as problems, never as an exception."""
    try:
        text = path.read_text(encoding="utf-8")
        tree = tomllib.loads(text)
    except FileNotFoundError:
        mend = f"write one with: mailflow init --output {path}"
        return Found({}, [f"{path}: there is no such file; {mend}"], False)
    except PermissionError:
        return Found(
            {}, [f"{path}: may not be read; give this user the right to: chmod, chown"], False
        )
    except IsADirectoryError:
        mend = f"name the file in it: {path / 'mailflow.toml'}"
        return Found({}, [f"{path}: is a folder; {mend}"], False)
    except UnicodeDecodeError:
        mend = "save it as UTF-8 (not UTF-16, which some editors call Unicode)"
        return Found({}, [f"{path}: is not UTF-8 text; {mend}"], False)
    except OSError as error:
        return Found({}, [f"{path}: cannot be read: {error.strerror or error}"], False)
    except tomllib.TOMLDecodeError as error:
        return Found({}, [f"{path}: is not TOML: {error}; {_toml_mend(error, text)}"], False)
    values, problems = {}, []
    lines = _lines(text)
    for key, value in _flatten(tree):
        line = lines.get(key)
        where = f"{path}{f', line {line}' if line else ''}: {'.'.join(key)}"
        if find(key):
            values[key] = Value(value, where, path.absolute().parent)
        elif value == {} and is_named(key):
            problems.append(f"{where} is empty; write its settings below [{'.'.join(key)}]")
        elif not (value == {} and is_table(key)):
            problems.append(f"{where} {_unknown(key, '.'.join, value)}")
    return Found(values, problems)


def _toml_mend(error: tomllib.TOMLDecodeError, text: str) -> str:
    """What to do about a line that is not TOML; most often quotes are missing, or curly."""
    found = re.search(r"line (\d+)", str(error))
    lines = text.splitlines()
    number = int(found[1]) if found else 0
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    if any(quote in line for quote in "“”„‘’«»"):
        return 'text stands between straight quotes: "…"'
    if "Cannot overwrite a value" in str(error) or "Cannot declare" in str(error):
        return "each setting and each [table] stands once"
    if re.search(r"=\s*(?:True|False|yes|no|on|off)\b", line):
        return "say true or false, in small letters"
    if re.search(r"=\s*[^\s\"'\[{\d]", line):
        return 'text stands between quotes: name = "…"'
    if line.strip() and "=" not in line and not line.lstrip().startswith("["):
        return "a line is name = value, [table], or begins with #"
    return "look at that line, and at the one before: a quote or bracket may not be closed"


def from_environment(env: Mapping[str, str]) -> Found:
    """Read `MAILFLOW_SECTION__KEY`. Lists are separated by commas, or written as in TOML."""
    values, problems = {}, []
    for name in sorted(env):
        if not name.startswith(PREFIX) or RESERVED.fullmatch(name):
            continue
        key = tuple(name.removeprefix(PREFIX).lower().split("__"))
        if find(key):
            values[key] = Value(_from_text(key, env[name]), f"environment: {name}")
        else:
            problems.append(f"environment: {name} {_unknown(key, _variable)}")
    return Found(values, problems)


def from_flags(flags: Mapping[str, str]) -> Found:
    """Take what the command line says: `delivery.mode` → value."""
    values = {}
    for dotted, text in flags.items():
        key = tuple(dotted.split("."))
        values[key] = Value(_from_text(key, text), f"command line: {dotted}")
    return Found(values, [])


def _variable(key: Key) -> str:
    return PREFIX + "__".join(key).upper()


def _from_text(key: Key, text: str) -> Any:
    setting = find(key)
    assert setting is not None
    if not setting.is_list:
        return text
    if text.lstrip().startswith("["):
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text  # refused by the model: a text is no list
    return [part.strip() for part in text.split(",") if part.strip()]


def _flatten(tree: Mapping[str, Any], path: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Leaves with their path. A table that we do not know is one leaf: it is named once."""
    for name, value in tree.items():
        key = (*path, name)
        if isinstance(value, dict) and value and is_table(key):
            yield from _flatten(value, key)
        else:
            yield key, value


def _unknown(key: Key, spell: Any, value: Any = None) -> str:
    """Say that there is no such setting, and which one may have been meant."""
    if is_table(key):
        whole = is_named(key) or key in {t.path for t in tables()}
        below = key if whole else (*key, NAME)
        return "is a table; write its settings below [" + ".".join(below) + "]"
    known: list[Key] = [*settings(), *(t.path for t in tables() if t.path)]
    siblings = near(key)
    # Alike by 0.7: "adress" is address, but "nonsense" is not username (0.63).
    alike = difflib.get_close_matches(key[-1], [k[-1] for k in siblings], n=1, cutoff=0.7)
    elsewhere = difflib.get_close_matches(key[-1], [k[-1] for k in known], n=1, cutoff=0.8)
    if takes_names(key[:-1]):
        guess = f"a name has small letters, digits, - and _: [{'.'.join(key[:-1])}.NAME]"
    elif alike:
        guess = f"did you mean {spell((*key[:-1], alike[0]))}?"
    elif elsewhere:
        guess = f"did you mean {spell(next(k for k in known if k[-1] == elsewhere[0]))}?"
    else:
        guess = f"known here: {', '.join(k[-1] for k in siblings) or 'nothing'}"
    what = "table" if isinstance(value, dict) else "setting"
    return f"is not a {what}; {guess}"


def _lines(text: str) -> dict[Key, int]:
    """Line numbers of tables and keys, by a plain look at the text; only used to point."""
    found: dict[Key, int] = {}
    table: Key = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if head := re.match(r"\s*\[{1,2}([A-Za-z0-9_.\- ]+)\]", line):
            table = tuple(part.strip() for part in head[1].split("."))
            found.setdefault(table, number)
        elif entry := re.match(r"\s*([A-Za-z0-9_.\-]+)\s*=", line):
            found.setdefault((*table, *entry[1].split(".")), number)
    return found
