"""Configuration: what loads, what is refused, and that every complaint helps."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.config import Config, ConfigError, PolicySettings, load
from mailflow.config.render import EXAMPLE, toml, toml_value
from mailflow.config.schema import settings, tables
from mailflow.core.policy import Policy

GOOD = """
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


def write(folder: Path, text: str = GOOD) -> Path:
    path = folder / "mailflow.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path | None, env: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path, env or {})
    return caught.value.problems


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_defaults_are_the_business_rules() -> None:
    assert PolicySettings().value() == Policy()
    assert set(PolicySettings.model_fields) == {field.name for field in fields(Policy)}


def test_every_setting_says_what_it_means() -> None:
    assert [s.dotted for s in settings().values() if len(s.description) < 10] == []
    assert [t.path for t in tables() if not t.description] == []


def test_a_small_file_is_enough(tmp_path: Path) -> None:
    config = load(write(tmp_path), {})
    assert config.service.public_url == "https://licensing.vendor.example"  # without its slash
    assert config.service.reply_address("abc") == "requests+abc@licensing.vendor.example"
    assert config.service.bounce_address("abc") == "bounce+abc@licensing.vendor.example"
    assert config.database.url == "sqlite:///mailflow.db"


def test_nobody_can_change_it_afterwards(tmp_path: Path) -> None:
    config = load(write(tmp_path), {})
    with pytest.raises(ValueError, match="frozen"):
        config.delivery.port = 26  # type: ignore[misc]


def test_precedence(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-file\n", encoding="utf-8")
    path = write(
        tmp_path,
        GOOD + 'port = 1\nusername = "u"\npassword = "from-toml"\npassword_file = "secret"\n',
    )
    config = load(path, {})
    assert (config.delivery.port, config.delivery.password) == (1, "from-file")
    env = {"MAILFLOW_DELIVERY__PORT": "2", "MAILFLOW_DELIVERY__PASSWORD": "from-env"}
    config = load(path, env)
    assert (config.delivery.port, config.delivery.password) == (2, "from-env")
    assert load(path, env, {"delivery.port": "3"}).delivery.port == 3


def test_the_environment_alone_is_enough() -> None:
    tree = tomllib.loads(GOOD)
    env = {
        f"MAILFLOW_{table}__{key}".upper(): value if isinstance(value, str) else ",".join(value)
        for table, keys in tree.items()
        for key, value in keys.items()
    }
    env["MAILFLOW_INGRESS__SMTP__LISTEN"] = '["smtp://127.0.0.1:0"]'
    env["MAILFLOW_POLICY__CUSTOMER_REMINDER_DAYS"] = "5, 10"
    env["MAILFLOW_SERVICE__BRAND__COLOUR"] = "#ABCDEF"
    config = load(None, env)
    assert config.ingress.smtp.listen == ("smtp://127.0.0.1:0",)
    assert config.policy.value().customer_reminder_days == (5, 10)
    assert config.service.brand.colour == "#abcdef"


@pytest.mark.parametrize(
    "name",
    ["MAILFLOW_CONFIG", "MAILFLOW_FAILPOINT", "MAILFLOW_TEST_LONG", "MAILFLOW_REQUIRE_BROWSER"],
)
def test_reserved_variables_are_no_settings(name: str, tmp_path: Path) -> None:
    load(write(tmp_path), {name: "x", "PATH": "/bin"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (changed("address =", "adress ="), "line 4: service.adress is not a setting; did you mean"),
        (changed("[delivery]", "[delivry]"), "delivry is not a table; did you mean delivery?"),
        (GOOD + "[ingress]\nlisten = []\n", "did you mean ingress.smtp.listen?"),
        (GOOD + "[web]\npublic_url = 'x'\n", "did you mean service.public_url?"),
        (GOOD + "nonsense = 1\n", "known here: mode, host, port"),
        ("service = 5\n", "service.address is missing"),
        ("service = 5\n", "is a table; write its settings below [service]"),
    ],
)
def test_unknown_settings_are_refused_with_a_guess(tmp_path: Path, text: str, said: str) -> None:
    assert said in "\n".join(problems(write(tmp_path, text)))


def test_an_unknown_variable_is_refused_with_a_guess(tmp_path: Path) -> None:
    (problem,) = problems(write(tmp_path), {"MAILFLOW_WEB__LISTEM": "x"})
    assert problem.endswith("is not a setting; did you mean MAILFLOW_WEB__LISTEN?")


def test_everything_wrong_is_reported_at_once(tmp_path: Path) -> None:
    text = changed('organisation = "Vendor Networks"', "organisation = 5")
    text = text.replace("feedback_url", "fedback_url") + 'port = 99999\nmode = "smpt"\n'
    text += '[log]\nlevel = "loud"\n[policy]\nmax_users = "many"\n'
    found = problems(write(tmp_path, text), {"MAILFLOW_WEB__ENABLED": "perhaps"})
    expected = {
        "organisation must be text in quotes (found 5)",
        "fedback_url is not a setting",
        "service.feedback_url is missing",
        "port must be at most 65535 (found 99999)",
        "mode must be one of smtp, capture (found 'smpt')",
        "level must be one of debug, info, warning, error",
        "max_users must be a whole number (found 'many')",
        "environment: MAILFLOW_WEB__ENABLED must be true or false",
    }
    assert len(found) == len(expected)
    assert {said for said in expected if not any(said in problem for problem in found)} == set()
    assert all("mailflow.toml" in p or p.startswith("environment: ") for p in found)


def test_the_line_is_named(tmp_path: Path) -> None:
    (problem,) = problems(write(tmp_path, GOOD + "\n# a remark\nport = 0\n"))
    assert "mailflow.toml, line 15: delivery.port must be at least 1" in problem


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path / "none.toml")
    assert "there is no such file; write one with: mailflow init" in problem


@pytest.mark.parametrize("text", ["[service\n", "a = \n", "\x00", "[service]\n[service]\n"])
def test_what_is_not_toml_is_said_to_be_so(tmp_path: Path, text: str) -> None:
    (problem,) = problems(write(tmp_path, text))
    assert "is not TOML" in problem


def test_what_is_not_utf_8_is_said_to_be_so(tmp_path: Path) -> None:
    path = tmp_path / "mailflow.toml"
    path.write_bytes(b"# caf\xe9\n")
    (problem,) = problems(path)
    assert "is not UTF-8 text; save it as UTF-8" in problem


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path)
    assert f"is a folder; name the file in it: {tmp_path / 'mailflow.toml'}" in problem


@pytest.mark.parametrize(
    ("line", "mend"),
    [
        ("organisation = Vendor", 'text stands between quotes: name = "…"'),
        ("organisation = “Vendor”", 'text stands between straight quotes: "…"'),
        ("enabled = True", "say true or false, in small letters"),
        ("organisation", "a line is name = value, [table], or begins with #"),
        ('a = "x"\na = "y"', "each setting and each [table] stands once"),
        ('organisation = "Vendor', "a quote or bracket may not be closed"),
    ],
)
def test_a_line_that_is_no_toml_comes_with_its_mend(tmp_path: Path, line: str, mend: str) -> None:
    (problem,) = problems(write(tmp_path, f"[service]\n{line}\n"))
    assert mend in problem


CONTRADICTIONS = {
    "languages without the default": ('[service]\nlanguages = ["es"]', "not in service.languages"),
    "one language twice": ('[service]\nlanguages = ["en", "en"]', "stands there twice"),
    "bounces to the intake": ('[service]\nbounce_local = "requests"', "choose another word"),
    "long local part": (f'[service]\nbounce_local = "{"b" * 32}"', "no room for the secret tag"),
    "certificate without key": ('[ingress.smtp]\ntls_cert_file = "a"', "tls_key_file: is missing"),
    "key without certificate": ('[ingress.smtp]\ntls_key_file = "a"', "tls_cert_file: is missing"),
    "tls without certificate": ("[ingress.smtp]\nrequire_tls = true", "needs a certificate"),
    "more per address than in all": ("[ingress.smtp]\nmax_connections = 2", "lower it, or raise"),
    "idle longer than session": ("[ingress.smtp]\nsession_timeout_s = 10", "longer than session"),
    "two doors at one place": ('[web]\nlisten = "127.0.0.1:8025"', "two doors"),
    "nobody verifies": ("[trust]\nauthserv_ids = []", "no mail could ever be proven"),
    "no peers": ('[trust]\nmode = "trusted_peers"', "trusted_peers: is empty"),
    "the world": (
        '[trust]\nmode = "trusted_peers"\ntrusted_peers = ["0.0.0.0/0"]', "the whole world"
    ),
    "no relay": ('[delivery]\nhost = ""', "delivery.host: is missing"),
    "retries backwards": ("[delivery]\nmax_retry_s = 10", "longer than max_retry_s"),
    "login without password": ('[delivery]\nusername = "u"', "delivery.password: is missing"),
    "password without login": ('[delivery]\npassword = "p"', "delivery.username: is missing"),
    "password in clear": (
        '[delivery]\nusername = "u"\npassword = "p"\nsecurity = "none"', "in clear"
    ),
    "redirected to nowhere": (
        '[delivery]\nredirect_to = "a@b.example"\nallow_recipients = ["@c.example"]',
        "not among allow_recipients",
    ),
    "reminder after the end": ("[policy]\nactivation_days = 80", "day 83 comes after the end"),
    "reminder before the start": ("[policy]\npartner_reminder_days = [0]", "rising days from 1"),
    "reminders out of order": ("[policy]\ncustomer_reminder_days = [7, 3]", "rising days from 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_settings_that_do_not_go_together(name: str, tmp_path: Path) -> None:
    table_and_lines, said = CONTRADICTIONS[name]
    head, _, lines = table_and_lines.partition("\n")
    keys = {line.split(" = ")[0] for line in lines.splitlines()}
    kept = [line for line in GOOD.splitlines() if line.split(" = ")[0] not in keys]
    if head in kept:
        kept[kept.index(head)] = table_and_lines
    else:
        kept.append(table_and_lines)
    found = problems(write(tmp_path, "\n".join(kept)))
    assert any(said in problem for problem in found), found


def test_an_operator_that_is_the_intake_would_be_a_loop(tmp_path: Path) -> None:
    text = changed("licensing-team@vendor.example", "requests@licensing.vendor.example")
    (problem,) = problems(write(tmp_path, text))
    assert "our own alarms would come in as requests" in problem


@pytest.mark.parametrize(
    ("setting", "bad"),
    [
        ("address", "requests"), ("address", "a@b"), ("address", "a b@c.example"),
        ("address", "a@b.example\\r\\nBcc: x@y.example"), ("address", "<a@b.example>"),
        ("address", "requests+tag@licensing.vendor.example"),
        ("organisation", "a\\nb"), ("organisation", " "), ("organisation", "a\\u202eb"),
        ("public_url", "licensing.vendor.example"), ("public_url", "javascript:alert(1)"),
        ("public_url", "https://x.example/?q=1"), ("public_url", "https://x y.example"),
        ("support_url", "mailto:nobody"), ("support_url", 'https://x.example/">'),
        ("time_zone", "Mars/Olympus"), ("time_zone", "../etc/passwd"), ("time_zone", ""),
        ("default_language", "english"),
        ("bounce_local", "a@b"), ("bounce_local", "b+c"), ("bounce_local", ""),
    ],
)  # fmt: skip
def test_values_of_the_wrong_form(setting: str, bad: str, tmp_path: Path) -> None:
    kept = [line for line in GOOD.splitlines() if not line.startswith(f"{setting} ")]
    kept.insert(
        kept.index("[service]") + 1, f'{setting} = "{bad.replace(chr(34), chr(92) + chr(34))}"'
    )
    found = problems(write(tmp_path, "\n".join(kept)))
    assert any(f"service.{setting}" in problem for problem in found), found


@pytest.mark.parametrize(
    "line",
    [
        '[ingress.smtp]\nlisten = ["127.0.0.1:25"]', '[ingress.smtp]\nlisten = ["smtp://x:70000"]',
        "[ingress.smtp]\nlisten = []", '[ingress.smtp]\nlisten = ["imap://127.0.0.1:1"]',
        '[web]\nlisten = "8080"', '[web]\nlisten = "[::1"', '[web]\ntrusted_proxies = ["proxy"]',
        '[database]\nurl = "mysql://x/y"', '[database]\nurl = "sqlite://"',
        '[service.brand]\ncolour = "blue"', "[policy]\nlapse_days = 0", "[policy]\nnominations = -1",
        "[ingress.smtp]\nidle_timeout_s = 0", "[ingress.smtp]\nmax_message_bytes = 10",
    ],
)  # fmt: skip
def test_more_values_of_the_wrong_form(line: str, tmp_path: Path) -> None:
    (problem,) = problems(write(tmp_path, GOOD + line))
    assert line.splitlines()[1].split(" ")[0] in problem


def test_a_secret_in_a_file_is_checked_as_the_setting_is(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("mysql://u:hunter2@h/d\n")
    (problem,) = problems(write(tmp_path, GOOD + '[database]\nurl_file = "url"\n'))
    assert str(tmp_path / "url") in problem
    assert "postgresql://" in problem
    assert "hunter2" not in problem
    (tmp_path / "url").write_text("postgres://u:p@h/d\n")
    config = load(write(tmp_path, GOOD + '[database]\nurl_file = "url"\n'), {})
    assert config.database.url == "postgresql://u:p@h/d"


@pytest.mark.parametrize("password", ["p@ss", "p/ss@x"])
def test_a_password_that_breaks_the_url_is_noticed(password: str, tmp_path: Path) -> None:
    line = f'[database]\nurl = "postgresql://me:{password}@h/d"\n'
    (problem,) = problems(write(tmp_path, GOOD + line))
    assert "%40" in problem
    assert password not in problem


def test_secrets_do_not_leak_into_words(tmp_path: Path) -> None:
    text = GOOD + 'username = "u"\npassword = 5\n[database]\nurl = "mysql://u:hunter2@h/d"\n'
    assert "hunter2" not in "\n".join(problems(write(tmp_path, text)))
    config = load(write(tmp_path, GOOD + 'username = "u"\npassword = "hunter2"\n'), {})
    assert "hunter2" not in repr(config)


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + 'username = "u"\npassword_file = "gone"\n')
    found = problems(path)
    assert "line 14: delivery.password_file" in found[0]
    assert "there is no such file" in found[0]


@pytest.mark.parametrize("name", ["a\0b", "a" * 5000])
def test_a_secret_file_of_an_impossible_name_is_said(tmp_path: Path, name: str) -> None:
    [problem] = problems(write(tmp_path), {"MAILFLOW_DELIVERY__PASSWORD_FILE": name})
    assert "MAILFLOW_DELIVERY__PASSWORD_FILE" in problem
    assert "unreadable" in problem


def test_paths_start_from_the_folder_of_the_file(tmp_path: Path) -> None:
    text = (
        changed("[trust]", 'templates = "mine"\n[trust]') + '[database]\nurl = "sqlite:///x.db"\n'
    )
    config = load(write(tmp_path, text), {})
    assert config.service.templates == str(tmp_path / "mine")
    assert config.database.url == f"sqlite:///{tmp_path}/x.db"
    text = text.replace("mine", "/mine").replace("x.db", "/x.db")
    config = load(write(tmp_path, text), {"MAILFLOW_SERVICE__BRAND__LOGO_FILE": "logo.png"})
    assert config.service.templates == "/mine"
    assert config.database.url == "sqlite:////x.db"
    assert config.service.brand.logo_file == "logo.png"  # not from the file: as it is


@given(st.text(), st.lists(st.text()), st.booleans(), st.integers(-(2**60), 2**60))
def test_written_values_are_read_back(
    text: str, texts: list[str], truth: bool, number: int
) -> None:
    for value in (text, texts, truth, number):
        if any(0xD800 <= ord(c) <= 0xDFFF for c in str(value)):
            continue  # TOML has no surrogates
        assert tomllib.loads(f"v = {toml_value(value)}")["v"] == value


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_any_file_gives_a_config_or_words(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text), {})
    assert caught.value.problems


@given(
    st.dictionaries(
        st.sampled_from([s.variable for s in settings().values()]), st.text(max_size=30), max_size=5
    )
)
def test_any_environment_gives_a_config_or_words(
    tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]
) -> None:
    path = write(tmp_path_factory.getbasetemp())
    try:
        outcome: Config | list[str] = load(path, env)
    except ConfigError as error:
        outcome = error.problems
    assert outcome


def test_the_example_holds_every_setting_and_loads(tmp_path: Path) -> None:
    path = write(tmp_path, toml(EXAMPLE, "intro"))
    config = load(path, {})
    bare = [line.removeprefix("#") for line in path.read_text(encoding="utf-8").splitlines()]
    written = tomllib.loads("\n".join(line for line in bare if not line.startswith(" ")))
    for setting in settings().values():
        table = written
        for name in setting.table:
            table = table[name]
        assert setting.name in table, setting.dotted
    # With every default written out it is the same configuration.
    everything = write(tmp_path, "\n".join(line for line in bare if not line.startswith(" ")))
    assert load(everything, {}) == config
