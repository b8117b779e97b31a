"""What `[trust]` may say, and that the how-to page says nothing else."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from mailflow.config import load
from mailflow.config.checks import contradictions
from mailflow.config.kinds import split_nameserver
from mailflow.config.settings import TrustSettings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/choose-a-trust-mode.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("trust", "complaint"),
    [
        ({"authserv_ids": ("mx.vendor.example",)}, ""),
        ({"topmost_without_id": True}, ""),
        ({"mode": "own_check"}, ""),
        ({"mode": "trusted_peers", "trusted_peers": ("192.0.2.1",)}, ""),
        ({}, "trust.authserv_ids"),
        ({"mode": "own_check", "imap_mode": "trusted_verifier"}, "trust.authserv_ids"),
        ({"smtp_mode": "own_check", "imap_mode": "own_check"}, ""),
        ({"mode": "trusted_peers"}, "trust.trusted_peers"),
        ({"mode": "own_check", "smtp_mode": "trusted_peers"}, "trust.trusted_peers"),
        ({"mode": "trusted_peers", "trusted_peers": ("0.0.0.0/0",)}, "whole world"),
        ({"mode": "own_check", "imap_mode": "trusted_peers", "trusted_peers": ("192.0.2.1",)}, "trust.imap_mode"),
    ],
)  # fmt: skip
def test_a_mode_has_what_it_needs(trust: dict[str, object], complaint: str) -> None:
    config = load(ROOT / "config.example.toml", {})
    config = config.model_copy(update={"trust": TrustSettings.model_validate(trust)})
    said = [line for line in contradictions(config) if line.startswith("trust.")]
    assert (complaint in "\n".join(said)) if complaint else not said


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
        ("[2001:db8::53]", None),
        ("192.0.2.53:0", None),
        ("192.0.2.53:70000", None),
        ("dns.vendor.example:53", None),
        ("", None),
    ],
)
def test_a_name_server_is_an_ip_address(text: str, place: tuple[str, int] | None) -> None:
    assert split_nameserver(text) == place
    if place is None:
        with pytest.raises(ValidationError, match="IP address of a name server"):
            TrustSettings.model_validate({"nameservers": [text]})
    else:
        assert TrustSettings.model_validate({"nameservers": [text]}).nameservers == (text,)


def test_every_setting_on_the_page_exists() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    assert len(blocks) >= 4
    for block in blocks:
        values = tomllib.loads(block.replace("   ", ""))
        TrustSettings.model_validate(values.get("trust", values))


def test_every_rule_on_the_page_is_one_we_write() -> None:
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("mailflow/authenticate", "mailflow/core")
        for path in (ROOT / folder).glob("*.py")
    )
    rules = re.findall(r"^\| `([^`]+)` \|", PAGE.partition("The rule says")[2], re.M)
    assert len(rules) >= 5
    for rule in rules:
        for words in rule.split("…"):
            assert words.strip(" ,") in code, words
