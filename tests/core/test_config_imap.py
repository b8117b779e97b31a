"""`[ingress.imap.NAME]`: tables with names, and settings of mailboxes that do not fit together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailflow.config import ConfigError, load
from mailflow.config.render import EXAMPLE, toml
from mailflow.config.schema import find, in_force

HEAD = """
[service]
organisation = "Vendor Networks"
address = "requests@licensing.vendor.example"
public_url = "https://licensing.vendor.example/"
support_url = "https://support.vendor.example"
feedback_url = "mailto:feedback@vendor.example"
operator_address = "licensing-team@vendor.example"
[trust]
authserv_ids = ["mx.vendor.example"]
[delivery]
host = "smtp.vendor.example"
"""
SALES = """
[ingress.imap.sales]
host = "imap.vendor.example"
username = "requests@licensing.vendor.example"
"""
GOOD = HEAD + SALES + 'password = "hunter2"\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "mailflow.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path, env: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path, env or {})
    return "\n".join(caught.value.problems)


def test_several_mailboxes(tmp_path: Path) -> None:
    other = SALES.replace("sales", "es-2_x").replace("requests@", "solicitudes@")
    (tmp_path / "secret").write_text("from-file\n", encoding="utf-8")
    config = load(write(tmp_path, GOOD + other + 'password_file = "secret"\n'), {})
    boxes = config.ingress.imap
    assert sorted(boxes) == ["es-2_x", "sales"]
    assert (boxes["sales"].password, boxes["es-2_x"].password) == ("hunter2", "from-file")
    assert boxes["sales"].recipient_headers[0] == "Delivered-To"
    assert "hunter2" not in repr(config)


def test_none_by_default(tmp_path: Path) -> None:
    assert load(write(tmp_path, HEAD), {}).ingress.imap == {}


def test_the_environment_reaches_into_a_mailbox(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + 'password_file = "gone"\n')
    env = {
        "MAILFLOW_INGRESS__IMAP__SALES__PASSWORD": "from-env",
        "MAILFLOW_INGRESS__IMAP__SALES__RECIPIENT_HEADERS": "To, Cc",
    }
    box = load(path, env).ingress.imap["sales"]
    assert (box.password, box.recipient_headers) == ("from-env", ("To", "Cc"))


def test_every_setting_in_force_is_named(tmp_path: Path) -> None:
    config = load(write(tmp_path, GOOD), {})
    values = {setting.dotted: value for setting, value in in_force(config)}
    assert values["ingress.imap.sales.host"] == "imap.vendor.example"
    assert values["delivery.host"] == "smtp.vendor.example"
    assert not [name for name in values if "NAME" in name]
    found = find(("ingress", "imap", "sales", "password"))
    assert found is not None
    assert found.secret
    assert found.variable == "MAILFLOW_INGRESS__IMAP__SALES__PASSWORD"
    assert find(("ingress", "imap", "Sales", "password")) is None
    assert find(("ingress", "imap", "NAME", "password")) is None


def test_the_pattern_in_the_example_loads(tmp_path: Path) -> None:
    lines = toml(EXAMPLE, "intro").splitlines()
    start = lines.index("# [ingress.imap.NAME]")
    table = [line[2:] for line in lines[start : lines.index("[trust]")]]
    text = "\n".join(line for line in table if re.match(r"\[|[a-z_]+ = ", line))
    text = text.replace("NAME", "sales").replace("imap-password", str(tmp_path / "secret"))
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    box = load(write(tmp_path, HEAD + text), {}).ingress.imap["sales"]
    assert (box.port, box.poll_s, box.password) == (993, 60, "x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[ingress.imap]\nhost = 'x'\n", "is a table; write its settings below"),
        ("[ingress]\nimap = 5\n", "is a table; write its settings below [ingress.imap.NAME]"),
        ("[ingress.imap.sales]\n", "is empty; write its settings below [ingress.imap.sales]"),
        ("[ingress.imap.Sales]\nhost = 'x'\n", "a name has small letters"),
        ("[ingress.imap.NAME]\nhost = 'x'\n", "a name has small letters"),
        ("[ingress.imap.'a b']\nhost = 'x'\n", "a name has small letters"),
        (SALES + "pasword = 'x'\n", "did you mean ingress.imap.sales.password?"),
        (SALES + "foldr = 'x'\n", "line 17: ingress.imap.sales.foldr is not a setting"),
        ("[ingress.imap.sales]\nhost = 'h.example'\n", "ingress.imap.sales.username is missing"),
        (SALES + "port = 0\n", "ingress.imap.sales.port must be at least 1"),
        (SALES + "after = 'delete'\n", "must be one of move, flag"),
        (SALES + "poll_s = 1800\n", "must be at most 1680"),
        (SALES + "done_flag = 'two words'\n", "is not a flag"),
        (SALES + "done_flag = '\\Deleted'\n", "is not a flag"),
        (SALES + "recipient_headers = ['To:']\n", "is not the name of a header field"),
        (SALES + "password_file = 'gone'\n", "there is no such file"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    assert said in problems(write(tmp_path, HEAD + text))


def test_an_unknown_variable_is_refused_with_a_guess(tmp_path: Path) -> None:
    env = {"MAILFLOW_INGRESS__IMAP__SALES__USERNAM": "x"}
    assert "MAILFLOW_INGRESS__IMAP__SALES__USERNAME?" in problems(write(tmp_path, GOOD), env)


MICROSOFT = 'auth = "microsoft"\n'
GOOGLE = 'auth = "google"\n'


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "ingress.imap.sales.password: is missing"),
        ('password = "p"\nsecurity = "none"\n', "over the network in clear"),
        (MICROSOFT + 'client_id = "i"\n', "tenant: is missing"),
        (MICROSOFT + 'tenant = "t"\n', "client_id: is missing"),
        (MICROSOFT + 'tenant = "t"\nclient_id = "i"\npassword = "p"\n', "password: is not used"),
        (
            MICROSOFT + 'tenant = "t"\nclient_id = "i"\nservice_account_file = "f"\n',
            "is for auth",
        ),
        (GOOGLE, "either service_account_file, or client_id"),
        (GOOGLE + 'client_id = "i"\nservice_account_file = "f"\n', "write one of the two"),
        (GOOGLE + 'client_id = "i"\n', "client_secret: is missing"),
        ('password = "p"\ndone_folder = "INBOX"\n', "done_folder: is the folder that is read"),
        ('password = "p"\nquarantine_folder = "INBOX"\n', "quarantine_folder: is the folder"),
        (
            'password = "p"\n' + SALES.replace("sales", "again").replace("imap.v", "IMAP.v")
            + 'password = "p"\n',
            "reads the same folder as ingress.imap.again",
        ),
        (
            'password = "p"\n[trust]\nmode = "trusted_peers"\ntrusted_peers = ["192.0.2.1"]\n',
            "trust.imap_mode: no mail from a mailbox could ever be proven",
        ),
    ],
)  # fmt: skip
def test_settings_that_do_not_go_together(tmp_path: Path, lines: str, said: str) -> None:
    head = HEAD
    if "[trust]" in lines:
        head = HEAD.replace('[trust]\nauthserv_ids = ["mx.vendor.example"]\n', "")
    assert said in problems(write(tmp_path, head + SALES + lines))


@pytest.mark.parametrize(
    "lines",
    [
        'password = "p"\nsecurity = "none"\n',
        MICROSOFT + 'tenant = "t"\nclient_id = "i"\n',
        MICROSOFT + 'tenant = "t"\nclient_id = "i"\nclient_secret = "s"\n',
        GOOGLE + 'service_account_file = "f"\n',
        GOOGLE + 'client_id = "i"\nclient_secret = "s"\n',
        "enabled = false\n",
        'password = "p"\nafter = "flag"\ndone_folder = "INBOX"\n',
    ],
)
def test_settings_that_do_go_together(tmp_path: Path, lines: str) -> None:
    text = HEAD + SALES + lines
    if "none" in lines:
        text = text.replace("imap.vendor.example", "127.0.0.1")
    assert "sales" in load(write(tmp_path, text), {}).ingress.imap
