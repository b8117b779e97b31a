"""Where log lines go, and what is done to them on the way: the one place that makes them harmless.

Control characters are escaped, values are capped, addresses masked, secrets in addresses, links
and passwords cut (I20, I29). Lines of libraries take the same way.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Protocol, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

#: Longest value of a line, in characters.
MAX_VALUE = 300
#: Signs looked at for secrets before the value is capped; bounds the work.
_LOOKED_AT = 1000
_TOKEN = re.compile(r"([A-Za-z2-7]{6})[A-Za-z2-7]{26,}")
_TOKEN_LENGTH = 32  # signs that the pattern above needs at least
_HALF_TOKEN = re.compile(r"([A-Za-z2-7]{6})[A-Za-z2-7]+\Z")
_PASSWORD = re.compile(r"(://[^\s:/@]+):[^\s/@]+@")
_ADDRESS = re.compile(
    r"([^\s<>()\[\],;:\"'@=/*]{1,64})@([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)"
)
#: Looks like an address and is none: masking it would hide what one searches for.
_NOT_ADDRESSES = frozenset({"message_id"})
#: Libraries that tell at INFO what is not news, or what every client says, and from which level
#: on they are heard. aiosmtpd ("mail.log") warns of what the door logs anyway.
_TALKATIVE = {
    "mail.log": logging.CRITICAL,
    "asyncio": logging.WARNING,
    "alembic": logging.WARNING,
    "uvicorn": logging.WARNING,
    "schedule": logging.WARNING,
    "flufl.bounce": logging.CRITICAL,  # tracebacks of its own faults, with the mail in them
}

_OURS = "mailflow"


class LogSettings(Protocol):
    """`[log]` of the configuration."""

    @property
    def format(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def mask_addresses(self) -> bool: ...


def configure(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Send every line of this process, libraries included, to `stream` (standard error)."""
    out = stream or sys.stderr
    console = settings.format == "console" or (settings.format == "auto" and out.isatty())
    level = getattr(logging, settings.level.upper())
    renderer: Processor = structlog.dev.ConsoleRenderer(colors=out.isatty()) if console else _json
    formatter = _Formatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
        ],
        processors=[
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _brief_fault,
            _Harmless(mask=settings.mask_addresses),
            renderer,
        ],
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger(_OURS).setLevel(level)
    for name, least in _TALKATIVE.items():
        logging.getLogger(name).setLevel(max(level, least))


def harmless(text: str, mask: bool = True) -> str:
    """`text` fit for a log: no secrets, no control characters, no whole addresses, not too long."""
    if len(text) > _LOOKED_AT:
        text = _HALF_TOKEN.sub(r"\1", text[:_LOOKED_AT])
    if len(text) >= _TOKEN_LENGTH:
        text = _TOKEN.sub(r"\1…", text)
    if "://" in text:
        text = _PASSWORD.sub(r"\1:***@", text)
    if mask and "@" in text:
        text = _ADDRESS.sub(lambda m: f"{m[1][0]}***@{m[2]}", text)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else _escaped(c) for c in text)
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode()


class _Formatter(ProcessorFormatter):
    """Lines of libraries are made into ours; ours need neither copies nor questions."""

    def format(self, record: logging.LogRecord) -> str:
        """The line that is written."""
        if record.name != _OURS or not isinstance(record.msg, dict):
            return super().format(record)
        line: Any = record.msg.copy()
        for process in self.processors[1:]:  # all but the one that takes away structlog's own keys
            line = process(None, "", line)
        return str(line)


def _json(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> str:
    """Processor: the line as JSON. What `_Harmless` leaves can be nothing but plain values."""
    return _encode(line)


_encode = json.JSONEncoder(ensure_ascii=False).encode
#: Values that a line shows as they are.
_PLAIN = frozenset({bool, int, float, type(None)})


class _Harmless:
    """Processor: every text of a line, keys aside, through `harmless`."""

    def __init__(self, *, mask: bool) -> None:
        self._mask = mask

    def __call__(
        self, _logger: Any, _method: str, line: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        for key, value in line.items():
            if key != "timestamp" and type(value) not in _PLAIN:
                mask = self._mask and key not in _NOT_ADDRESSES
                line[key] = harmless(str(value), mask)
        return line


def _brief_fault(
    _logger: Any, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Processor: an exception in one line, with the place. Tracebacks hold paths and data."""
    info = line.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        line["error"] = describe(error)
    return line


def describe(error: BaseException) -> str:
    """An exception as one line: its class, its words, and where in our code it passed through."""
    place = ""
    for frame, number in traceback.walk_tb(error.__traceback__):
        module = frame.f_globals.get("__name__", "")
        if module.partition(".")[0] == "mailflow" or not place:
            place = f"{module or Path(frame.f_code.co_filename).name}:{number}"
    words = " ".join(str(error).split())
    text = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return f"{text} ({place})" if place else text
