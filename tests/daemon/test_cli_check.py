"""`mailflow check`: each kind of trouble, made on purpose, is found and comes with its mend."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from mailflow.cli.check import dns, doors, examine
from mailflow.cli.check.finding import Finding, Level
from mailflow.cli.check.looks import contrast_with_white
from mailflow.cli.check.sending import _cause
from mailflow.cli.exits import Exit
from mailflow.config import Config, load
from mailflow.store.db import Database
from tests.daemon.shell import Shell
from tests.edges.console_door import hashed

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100


def found(shell: Shell, *, offline: bool = True) -> dict[str, Finding]:
    config = load(shell.file, os.environ)
    findings = list(examine(config, shell.file, offline=offline))
    assert all(f.mend for f in findings if f.level is not Level.OK)
    return {finding.code: finding for finding in findings}


def amend(shell: Shell, table: str, line: str) -> None:
    """Set one line of the configuration, in place of the one that is there."""
    key = line.split(" = ")[0]
    lines: list[str] = []
    inside = False
    for old in shell.file.read_text(encoding="utf-8").splitlines():
        if inside and old.startswith(f"{key} = "):
            continue
        inside = old == f"[{table}]" if old.startswith("[") else inside
        lines.append(old)
    if f"[{table}]" not in lines:
        lines.append(f"[{table}]")
    lines.insert(lines.index(f"[{table}]") + 1, line)
    shell.file.write_text("\n".join(lines) + "\n", encoding="utf-8")


#: Code of the finding, level, table, line that brings it about.
SETTINGS = [
    ("capture", "warning", "delivery", 'mode = "capture"'),
    ("redirect", "warning", "delivery", 'mode = "smtp"\nhost = "x.example"\nredirect_to = "a@b.example"'),
    ("allow-list", "warning", "delivery", 'mode = "smtp"\nhost = "x.example"\nallow_recipients = ["@b.example"]'),
    ("relay-clear", "warning", "delivery", 'mode = "smtp"\nhost = "x.example"\nsecurity = "none"'),
    ("public-loopback", "warning", "service", 'public_url = "http://127.0.0.1:8080"'),
    ("public-clear", "fault", "service", 'public_url = "http://licensing.vendor.example"'),
    ("operator-outside", "warning", "service", 'operator_address = "team@other.example"'),
    ("internal-unknown", "warning", "service", "internal_domains = []"),
    ("language", "fault", "service", 'languages = ["en", "tlh"]'),
    ("templates", "fault", "service", 'templates = "none"'),
    ("colour", "warning", "service.brand", 'colour = "#ffcc00"'),
    ("logo", "fault", "service.brand", 'logo_file = "none.png"'),
    ("web-off", "warning", "web", "enabled = false"),
    ("web-open", "warning", "web", 'listen = "0.0.0.0:0"'),
    ("listen-name", "fault", "web", 'listen = "no-such-host.invalid:0"'),
    ("listen-address", "fault", "web", 'listen = "192.0.2.1:8080"'),
    ("no-door", "warning", "ingress.smtp", "enabled = false"),
    ("peers-missing", "warning", "ingress.smtp", 'listen = ["smtp://0.0.0.0:0"]'),
    ("peers-wide", "warning", "trust", 'trusted_peers = ["10.0.0.0/8"]'),
    ("database-folder", "fault", "database", 'url = "sqlite:///none/x.db"'),
    ("schema-empty", "fault", "database", 'url = "sqlite:///other.db"'),
    ("database-away", "fault", "database", 'url = "postgresql://me@127.0.0.1:1/none"'),
    ("console-off", "warning", "console", f'users = [{{ name = "ana", password_hash = "{hashed()}" }}]'),
    ("tls-file", "fault", "ingress.smtp", 'tls_cert_file = "c.pem"\ntls_key_file = "k.pem"'),
    ("descriptors", "fault", "ingress.smtp", "max_connections = 10000"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "level", "table", "line"), SETTINGS, ids=[s[0] for s in SETTINGS])
def test_settings_that_will_not_do(
    code: str,
    level: str,
    table: str,
    line: str,
    shell: Shell,
    sqlite_db: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda _which: (1024, 1024))
    for part in reversed(line.split("\n")):
        amend(shell, table, part)
    findings = found(shell)
    assert code in findings, findings
    assert findings[code].level == level


@pytest.mark.parametrize(
    "lines",
    [
        ["web", 'admin_listen = "127.0.0.1:{port}"'],
        ["console", 'listen = "127.0.0.1:{port}"', "enabled = true"],
    ],
)
def test_every_port_is_looked_at(lines: list[str], shell: Shell, sqlite_db: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for line in lines[1:]:
            amend(shell, lines[0], line.replace("{port}", str(taken.getsockname()[1])))
        if lines[0] == "console":
            amend(shell, "console", f'users = [{{ name = "ana", password_hash = "{hashed()}" }}]')
        assert f"{lines[0]}." in found(shell)["listen-used"].what


def test_an_own_template_that_is_broken_is_named_with_its_line(
    shell: Shell, sqlite_db: Database
) -> None:
    (shell.folder / "mine" / "letters").mkdir(parents=True)
    (shell.folder / "mine" / "letters" / "review.j2").write_text("line\n{% if d.older\n")
    amend(shell, "service", 'templates = "mine"')
    amend(shell, "service", 'languages = ["en"]')  # each language is linted whole
    assert "review.j2, line 2" in found(shell)["template"].what
    result = shell("letters", "lint")
    assert result.code == Exit.FAILURE
    assert "review.j2, line 2" in result.out + result.err


def test_a_good_configuration_has_no_fault(shell: Shell, sqlite_db: Database) -> None:
    amend(shell, "service", 'languages = ["en"]')
    shell("people", "add", "ana@partner.example")
    (shell.folder / "mailflow.db").chmod(0o600)
    faults = {c for c, f in found(shell).items() if f.level is not Level.OK}
    assert faults <= {"capture", "root"}  # tests may run as root
    result = shell("check", "--offline")
    assert result.code == 0
    assert not [line for line in result.out.splitlines() if line != line.rstrip()]
    assert 'licensing.vendor.example. 3600 IN TXT "v=spf1 mx -all"' in result.out
    assert "_dmarc.licensing.vendor.example. 3600 IN TXT" in result.out


def test_a_fault_ends_with_1(shell: Shell) -> None:
    result = shell("check", "--offline", "--json")
    assert result.code == Exit.FAILURE
    (empty,) = [row for row in result.rows if row["code"] == "schema-empty"]
    assert (empty["level"], empty["mend"]) == ("fault", "mailflow migrate")
    assert not (shell.folder / "mailflow.db").exists()  # looking makes nothing


def test_nobody_is_registered(shell: Shell, sqlite_db: Database) -> None:
    assert "people import" in found(shell)["nobody"].mend


def test_rights_of_files(shell: Shell, sqlite_db: Database) -> None:
    (shell.folder / "mailflow.db").chmod(0o644)
    shell.file.chmod(0o666)
    shell.write("secret", "hunter2").chmod(0o644)
    amend(shell, "delivery", 'username = "u"')
    amend(shell, "delivery", 'password_file = "secret"')
    assert {"database-readable", "config-writable", "secret-readable"} <= set(found(shell))
    amend(shell, "delivery", 'password = "hunter2"')
    amend(shell, "delivery", 'password_file = ""')
    assert "config-readable" in found(shell)
    shell.file.chmod(0o600)
    assert not {"config-readable", "config-writable"} & set(found(shell))


def test_little_room_on_the_disk(
    shell: Shell, sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type(shutil.disk_usage("/"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**12, 0, 5 * 10**8))
    assert found(shell)["disk"].level is Level.WARNING
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**12, 0, 10**7))
    assert found(shell)["disk"].level is Level.FAULT


def test_clocks_that_disagree(
    shell: Shell, sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = datetime.now(UTC) + timedelta(minutes=2)
    monkeypatch.setattr(Database, "machine_now", lambda _self, _session: wrong)
    assert "120 s apart" in found(shell)["clock"].what


def test_a_port_that_is_used(shell: Shell, sqlite_db: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        amend(shell, "web", f'listen = "127.0.0.1:{other.getsockname()[1]}"')
        assert "listens at" in found(shell)["listen-used"].what


def test_a_port_one_may_not_use(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: socket.socket, _address: object) -> None:
        raise PermissionError(13, "Permission denied")

    amend(shell, "web", 'listen = "127.0.0.1:80"')
    monkeypatch.setattr(socket.socket, "bind", refuse)
    assert "CAP_NET_BIND_SERVICE" in found(shell)["listen-rights"].mend


def test_a_name_other_servers_refuse(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    amend(shell, "ingress.smtp", 'hostname = ""')
    monkeypatch.setattr(socket, "getfqdn", lambda: "localhost")
    assert "hostname =" in found(shell)["hostname"].mend


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def pem(authority: trustme.CA, folder: Path, name: str, **times: datetime) -> tuple[str, str]:
    """A certificate for `name` and its key, as files."""
    issued = authority.issue_cert(name, **times)
    cert, key = folder / "cert.pem", folder / "key.pem"
    issued.private_key_pem.write_to_path(str(key))
    cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    return str(cert), str(key)


def test_certificates(authority: trustme.CA, tmp_path: Path) -> None:
    def codes(name: str = "mx.vendor.example", **times: datetime) -> set[str]:
        cert, key = pem(authority, tmp_path, "mx.vendor.example", **times)
        return {finding.code for finding in doors.certificate(cert, key, name)}

    now = datetime.now(UTC)
    assert codes() == set()
    assert codes("other.example") == {"tls-name"}
    assert codes(not_after=now + timedelta(days=3)) == {"tls-soon"}
    assert codes(not_before=now - timedelta(9), not_after=now - timedelta(2)) == {"tls-expired"}
    assert codes(not_before=now + timedelta(2), not_after=now + timedelta(99)) == {"tls-early"}
    cert, _ = pem(authority, tmp_path, "mx.vendor.example")
    other = tmp_path / "other"
    other.mkdir()
    _, key = pem(authority, other, "mx.vendor.example")
    assert [f.code for f in doors.certificate(cert, key, "")] == ["tls-pair"]
    assert [f.code for f in doors.certificate("", "", "x")] == []


def test_logos(shell: Shell, sqlite_db: Database) -> None:
    amend(shell, "service.brand", 'logo_file = "logo.png"')
    logo = shell.folder / "logo.png"
    logo.write_bytes(PNG)
    assert not {"logo", "logo-large"} & set(found(shell))
    logo.write_bytes(PNG + b"\0" * 60_000)
    assert found(shell)["logo-large"].level is Level.WARNING
    logo.write_bytes(b"<svg/>")
    assert found(shell)["logo"].level is Level.FAULT


def test_contrast() -> None:
    assert contrast_with_white("#000000") == pytest.approx(21)
    assert contrast_with_white("#ffffff") == pytest.approx(1)
    assert contrast_with_white("#767676") == pytest.approx(4.54, abs=0.01)  # the usual example


def relay_code(shell: Shell, port: int, *lines: str) -> str:
    for line in ('mode = "smtp"', 'host = "localhost"', f"port = {port}", *lines):
        amend(shell, "delivery", line)
    codes = [code for code in found(shell, offline=False) if code.startswith("relay")]
    assert len(codes) == 1
    return codes[0]


def test_a_relay_that_is_not_there(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert relay_code(shell, port, 'security = "none"') == "relay-away"


def test_a_relay_whose_name_is_unknown(shell: Shell) -> None:
    amend(shell, "delivery", 'mode = "smtp"')
    amend(shell, "delivery", 'host = "no-such-host.invalid"')
    assert "relay-name" in found(shell, offline=False)


def test_an_authority_that_cannot_be_read(shell: Shell) -> None:
    assert relay_code(shell, 1, 'ca_file = "none.pem"') == "relay-ca"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("535 5.7.8 Authentication failed", "relay-login"),
        ("certificate verify failed: self-signed certificate", "relay-certificate"),
        ("STARTTLS extension not supported by server.", "relay-tls"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "relay-tls"),
        ("Connection refused", "relay-away"),
        ("the relay did not answer in time", "relay-away"),
        ("554 5.7.1 you are on a list", "relay-refuses"),
    ],
)
def test_words_of_a_relay(words: str, code: str) -> None:
    assert _cause(words)[0] == code


GOOD_ZONE = {
    ("licensing.vendor.internal", "MX"): ["10 mx.licensing.vendor.internal."],
    ("licensing.vendor.internal", "TXT"): ["something else", "v=spf1 mx -all"],
    ("_dmarc.vendor.internal", "TXT"): ["v=DMARC1; p=reject"],
    ("licensing.vendor.internal", "A"): ["192.0.2.1"],
}
Zone = dict[tuple[str, str], list[str]]


def asked(zone: Zone) -> Callable[[str, str], list[str]]:
    return lambda name, kind: zone.get((name, kind), [])


@pytest.fixture
def real_name(shell: Shell) -> Config:
    """A configuration whose domain is no example."""
    text = shell.file.read_text(encoding="utf-8").replace("vendor.example", "vendor.internal")
    shell.file.write_text(text, encoding="utf-8")
    return load(shell.file, {})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({("licensing.vendor.internal", "MX"): []}, "mx-missing"),
        ({("licensing.vendor.internal", "MX"): ["0 ."]}, "mx-null"),
        ({("licensing.vendor.internal", "TXT"): ["v=spf10 x"]}, "spf-missing"),
        ({("licensing.vendor.internal", "TXT"): ["v=spf1 -all", "v=spf1 mx -all"]}, "spf-many"),
        ({("licensing.vendor.internal", "TXT"): ["v=spf1 +all"]}, "spf-open"),
        ({("_dmarc.vendor.internal", "TXT"): []}, "dmarc-missing"),
        ({("_dmarc.vendor.internal", "TXT"): ["v=DMARC1; p = none"]}, "dmarc-none"),
        ({("licensing.vendor.internal", "A"): []}, "public-name"),
    ],
)
def test_records_that_are_missing_or_wrong(real_name: Config, change: Zone, code: str) -> None:
    good = list(dns.examine(real_name, asked(GOOD_ZONE)))
    assert {finding.level for finding in good} == {Level.OK}
    findings = {f.code: f for f in dns.examine(real_name, asked({**GOOD_ZONE, **change}))}
    assert findings[code].level is not Level.OK
    assert findings[code].mend


def test_dns_that_does_not_answer(real_name: Config) -> None:
    def silent(_name: str, _kind: str) -> list[str]:
        raise OSError("no answer")

    (finding,) = dns.examine(real_name, silent)
    assert (finding.code, finding.level) == ("dns-away", Level.WARNING)


def test_names_for_examples_are_not_asked_for(shell: Shell) -> None:
    def never(_name: str, _kind: str) -> list[str]:
        raise AssertionError

    (finding,) = dns.examine(load(shell.file, {}), never)
    assert finding.code == "domain-example"


def test_the_records_to_publish_name_the_relay(shell: Shell) -> None:
    amend(shell, "delivery", 'mode = "smtp"')
    amend(shell, "delivery", 'host = "smtp.vendor.example"')
    lines = [record.line for record in dns.wanted(load(shell.file, {}))]
    assert lines[0].endswith("IN MX 10 mx.vendor.example.")  # the server in front of us
    assert lines[1].endswith('"v=spf1 mx a:smtp.vendor.example -all"')


def test_at_least_twenty_five_kinds_are_known() -> None:
    """Every kind of finding that is not "ok", counted in the source."""
    import re

    folder = Path(sys.modules[examine.__module__].__file__ or "").parent
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    codes = set(re.findall(r'(?:warning|fault|make)\(\s*f?"([a-z-]+)', source))
    assert len(codes) >= 45, sorted(codes)
