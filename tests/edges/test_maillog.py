"""What a log line shows, and what it must never show."""

from __future__ import annotations

import inspect
import io
import json
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow import maillog
from mailflow.config import LogSettings
from mailflow.maillog import configure, harmless
from mailflow.maillog.output import MAX_VALUE
from mailflow.metrics import Metrics

TOKEN = "k7" * 16


@pytest.fixture(autouse=True)
def _untouched() -> Iterator[None]:
    """Leave the process's logging as it was."""
    root, ours = logging.getLogger(), logging.getLogger("mailflow")
    before = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:], root.level = before[0], before[1]
    ours.setLevel(before[2])


def lines(settings: LogSettings | None = None) -> io.StringIO:
    out = io.StringIO()
    configure(settings or LogSettings(level="debug"), out)
    return out


def only(out: io.StringIO) -> dict[str, object]:
    found: dict[str, object] = json.loads(out.getvalue())
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("250 2.0.0 Ok", "250 2.0.0 Ok"),
        ("anna@customer.example", "a***@customer.example"),
        (f"requests+{TOKEN}@licensing.vendor.example", "r***@licensing.vendor.example"),
        ("to <anna@customer.example>, bob@x.example.", "to <a***@customer.example>, b***@x.example."),
        ("josé.é@bücher.example", "j***@bücher.example"),
        (f"GET /a/{TOKEN} ", "GET /a/k7k7k7… "),
        (f"GET /a/{TOKEN.upper()}", "GET /a/K7K7K7…"),
        ("postgresql://mailflow:hunter2@db.example/x", "postgresql://mailflow:***@db.example/x"),
        ("a\r\nINFO forged", "a\\r\\nINFO forged"),
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("evil\u202egnp.exe\u2028x", "evil\\u202egnp.exe\\u2028x"),
        ("\udcff", "\\udcff"),
        ("x-" * 250, ("x-" * 250)[: MAX_VALUE - 1] + "…"),
        ("é ñ ü ¿ 名", "é ñ ü ¿ 名"),
    ],
)  # fmt: skip
def test_harmless(text: str, expected: str) -> None:
    assert harmless(text) == expected


@given(before=st.integers(0, 1200), after=st.text(max_size=20))
def test_no_secret_survives_wherever_it_stands(before: int, after: str) -> None:
    assert TOKEN[:7] not in harmless("-" * before + "/" + TOKEN + "." + after)
    assert TOKEN[:7] not in harmless((TOKEN + "/") * (before // 33) + TOKEN + after)


@given(st.text(max_size=400))
def test_every_line_is_one_printable_line(text: str) -> None:
    assert harmless(text).isprintable()
    assert len(harmless(text)) <= MAX_VALUE


def test_each_line_is_json_with_its_ids_and_masked_addresses() -> None:
    out = lines()
    maillog.received(
        inbox=7, source="smtp", peer="192.0.2.7 a.example", mail_from="tom@partner.example",
        recipients=1, size=812,
    )  # fmt: skip
    line = only(out)
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {
        "event": "received",
        "level": "info",
        "inbox": 7,
        "source": "smtp",
        "peer": "192.0.2.7 a.example",
        "mail_from": "t***@partner.example",
        "recipients": 1,
        "size": 812,
    }


def test_addresses_can_be_shown_and_message_ids_always_are() -> None:
    out = lines(LogSettings(mask_addresses=False))
    maillog.quarantined(inbox=1, reason="no proof", sender="tom@partner.example")
    assert only(out)["sender"] == "tom@partner.example"
    out = lines()
    maillog.understood(
        inbox=1, kind="request", message_id="<abc@partner.example>", sender="", verdict=""
    )
    line = only(out)
    assert line["message_id"] == "<abc@partner.example>"
    assert "sender" not in line, "what is unknown is left out"


def test_lines_of_libraries_take_the_same_way() -> None:
    out = lines()
    logging.getLogger("some.library").warning("mail for %s\n%s", "anna@customer.example", TOKEN)
    line = only(out)
    assert line["event"] == "mail for a***@customer.example\\nk7k7k7…"
    assert (line["level"], line["logger"]) == ("warning", "some.library")


def test_an_exception_is_one_line_without_traceback() -> None:
    out = lines()

    def fail() -> None:
        raise ValueError(f"no\nroom for {TOKEN}")

    try:
        fail()
    except ValueError as error:
        maillog.trouble(loop="sender", error=error)
        logging.getLogger("library").exception("it failed")
    ours, theirs = (json.loads(line) for line in out.getvalue().splitlines())
    assert str(ours["error"]).startswith("ValueError: no room for k7k7k7… (")
    assert str(theirs["error"]).startswith("ValueError: no room for k7k7k7… (")
    assert "Traceback" not in out.getvalue()
    assert "File" not in out.getvalue()


def test_what_clients_say_to_aiosmtpd_is_not_logged_twice() -> None:
    out = lines()
    logging.getLogger("mail.log").warning("('192.0.2.7', 1) unrecognised: FOO")
    assert out.getvalue() == ""


def test_the_level_counts_and_console_is_for_people() -> None:
    out = lines(LogSettings(format="console", level="warning"))
    maillog.listening(url="smtp://127.0.0.1:25", port=25)
    maillog.failed(inbox=9, reason="three faults")
    assert "listening" not in out.getvalue()
    assert "failed" in out.getvalue()
    assert "inbox=9" in out.getvalue()
    assert "\x1b" not in out.getvalue(), "no colours where nobody sees them"


STEPS = [
    step
    for name, step in vars(maillog).items()
    if inspect.isfunction(step) and step.__module__ == "mailflow.maillog" and name[0] != "_"
]
_SAMPLES = {"int": 1, "str": "x", "float": 1.5, "BaseException": ValueError("x"), "bool": True}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_each_step_writes_one_line_of_its_own_name(step: object) -> None:
    assert callable(step)
    out = lines()
    values = {
        name: _SAMPLES[str(parameter.annotation).split(" | ")[0]]
        for name, parameter in inspect.signature(step).parameters.items()
    }
    step(**values)
    line = only(out)
    assert line["event"] == step.__name__
    assert set(values) <= set(line)


def test_metrics_hold_no_addresses_and_one_registry_each() -> None:
    one, other = Metrics(), Metrics()
    one.received.labels("smtp").inc()
    one.relay_up.set(1)
    text = one.render().decode()
    assert 'mailflow_received_total{source="smtp"} 1.0' in text
    assert "mailflow_relay_up 1.0" in text
    assert "@" not in text
    assert "mailflow_received_total{" not in other.render().decode()
    assert all(line.startswith(("#", "mailflow_")) for line in text.splitlines()), (
        "nothing of the process or the platform"
    )
