"""People and accounts: import is all or nothing, and every fault has its line."""

from __future__ import annotations

import pytest

from mailflow.cli.exits import Exit
from mailflow.store import queries
from mailflow.store.db import Database
from tests.daemon.shell import Shell

PEOPLE = """\
email,name,company,role,status,language
ana@partner.example,Ana Ruiz,Partner One,partner,active,es
BO@Partner.example,"Bo, the second",Partner One,,,
kim@vendor.example,Kim,,support,active,en
"""


@pytest.fixture(autouse=True)
def _migrated(sqlite_db: Database) -> None:
    """Every test here starts with an empty, current database."""


def emails(shell: Shell, *options: str) -> list[str]:
    return [row["email"] for row in shell("people", "list", "--json", *options).rows]


def test_import_adds_changes_and_leaves(shell: Shell) -> None:
    file = shell.write("people.csv", PEOPLE)
    assert "3 added, 0 changed, 0 as before" in shell("people", "import", file).err
    shell.write("people.csv", PEOPLE.replace("Ana Ruiz", "Ana Ruiz Gil"))
    assert "0 added, 1 changed, 2 as before" in shell("people", "import", file).err
    rows = {row["email"]: row for row in shell("people", "list", "--json").rows}
    assert rows["ana@partner.example"]["name"] == "Ana Ruiz Gil"
    assert rows["bo@partner.example"]["name"] == "Bo, the second"
    assert rows["bo@partner.example"]["role"] == "partner"
    assert (rows["kim@vendor.example"]["internal"], rows["kim@vendor.example"]["role"]) == (
        True,
        "support",
    )


def test_a_dry_run_changes_nothing(shell: Shell) -> None:
    result = shell("people", "import", shell.write("people.csv", PEOPLE), "--dry-run")
    assert (result.code, result.err) == (
        0,
        "3 added, 0 changed, 0 as before; nothing was changed\n",
    )
    assert emails(shell) == []


def test_every_fault_is_reported_with_its_line_and_nothing_is_imported(shell: Shell) -> None:
    text = PEOPLE + (
        "no address,X,,,,\n"
        "a@b.example,X,,boss,,\n"
        "c@d.example,X,,partner,maybe,\n"
        "e@f.example,X,,partner,active,tlh\n"
        "ana@partner.example,Twin,,,,\n"
        '"g@h.example","two\nlines",,,,\n'
    )
    result = shell("people", "import", shell.write("people.csv", text))
    assert result.code == Exit.DATA
    for said in (
        "line 5: email: 'no address' is not a mail address",
        "line 6: role: 'boss' is none of partner, customer, support",
        "line 7: status: 'maybe' is none of active, inactive",
        "line 8: language: 'tlh' is none of en, es",
        "line 9: ana@partner.example stands in line 2 already",
        "line 11: name: has line breaks",
        "nothing was imported",
    ):
        assert said in result.err
    assert emails(shell) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "column 'email' is missing"),
        ("name\nx\n", "column 'email' is missing"),
        ("emial\nx@y.example\n", "did you mean email?"),
        ("email,email\n", "stands there twice"),
        ("email\na@b.example,too,many\n", "line 2: has 3 values for 1 columns"),
        ('email\n"a@b.example\n', "is not CSV"),
    ],
)
def test_a_file_that_is_not_what_we_need(shell: Shell, text: str, said: str) -> None:
    result = shell("people", "import", shell.write("people.csv", text))
    assert result.code == Exit.DATA
    assert said in result.err


def test_files_that_cannot_be_read(shell: Shell) -> None:
    assert shell("people", "import", "none.csv").code == Exit.NOT_FOUND
    assert shell("people", "import", shell.folder).code == Exit.DATA
    (shell.folder / "latin.csv").write_bytes(b"email,name\na@b.example,Jos\xe9\n")
    result = shell("people", "import", "latin.csv")
    assert (result.code, "save it as CSV UTF-8" in result.err) == (Exit.DATA, True)


def test_spreadsheets_of_other_countries_are_read(shell: Shell) -> None:
    text = "\ufeffEmail;Name;Status\r\nana@partner.example;José Ñandú;INACTIVE\r\n\r\n"
    (shell.folder / "people.csv").write_bytes(text.encode())
    assert shell("people", "import", "people.csv").code == 0
    (row,) = shell("people", "list", "--json").rows
    assert (row["name"], row["status"]) == ("José Ñandú", "inactive")


def test_add_deactivate_and_search(shell: Shell, sqlite_db: Database) -> None:
    assert (
        shell("people", "add", "Ana@Partner.example", "--name", "Ana", "--language", "es").code == 0
    )
    assert shell("people", "add", "bo@other.example").code == 0
    assert emails(shell, "--search", "PARTNER") == ["ana@partner.example"]
    assert (
        "would deactivate" in shell("people", "deactivate", "ana@partner.example", "--dry-run").err
    )
    assert emails(shell, "--inactive") == []
    asked = shell("people", "deactivate", "ana@partner.example")  # nobody at the terminal
    assert (asked.code, "--yes" in asked.err) == (Exit.USAGE, True)
    assert shell("people", "deactivate", "ana@partner.example", "--yes").code == 0
    assert emails(shell, "--inactive") == ["ana@partner.example"]
    assert "inactive already" in shell("people", "deactivate", "ana@partner.example", "--yes").err
    assert shell("people", "deactivate", "nobody@x.example", "--yes").code == Exit.NOT_FOUND
    assert "1 changed" in shell("people", "add", "ana@partner.example", "--name", "Ana").err
    assert emails(shell, "--inactive") == []
    with sqlite_db.reading() as session:
        done = [(e.name, e.evidence) for e in queries.operator_events(session)]
    assert done == [
        ("people_imported", "command line"), ("person_deactivated", "command line"),
        ("people_imported", "command line"), ("people_imported", "command line"),
    ]  # fmt: skip


def test_a_wrong_person_is_a_usage_error(shell: Shell) -> None:
    assert shell("people", "add", "not an address").code == Exit.USAGE
    assert shell("people", "add", "a@b.example", "--role", "boss").code == Exit.USAGE


ACCOUNTS = """\
domain,name,status,administrators
https://www.Old-Mill.example/,Old Mill Bakery,active,admin@old-mill.example second@old-mill.example
fjord.example,Fjord Ferries,,
"""


def test_accounts_are_imported_and_listed(shell: Shell) -> None:
    file = shell.write("accounts.csv", ACCOUNTS)
    assert "2 added" in shell("accounts", "import", file, "--dry-run").err
    assert shell("accounts", "list", "--json").rows == []
    assert "2 added, 0 renewed" in shell("accounts", "import", file).err
    assert "0 added, 2 renewed" in shell("accounts", "import", file).err
    rows = {row["domain"]: row for row in shell("accounts", "list", "--json").rows}
    assert rows["old-mill.example"]["administrators"] == [
        "admin@old-mill.example",
        "second@old-mill.example",
    ]
    assert rows["fjord.example"]["status"] == "active"
    shell.write("accounts.csv", "domain,name,status\nfjord.example,Fjord Ferries,ended\n")
    assert shell("accounts", "import", file).code == 0
    assert len(shell("accounts", "list", "--json").rows) == 1
    assert len(shell("accounts", "list", "--ended", "--json").rows) == 2


def test_accounts_with_faults_are_refused(shell: Shell) -> None:
    text = (
        "domain,name,status,administrators\nexample,X,,\n\nok.example,,,\n"
        "a.example,X,gone,\nb.example,X,,nobody\nB.example,X,,\nb.example,X,,\n"
    )
    result = shell("accounts", "import", shell.write("accounts.csv", text))
    assert result.code == Exit.DATA
    for said in (
        "line 2: domain: 'example' is not the domain",
        "line 4: name: is empty",
        "line 5: status: 'gone' is none of",
        "line 6: administrators: 'nobody' is not a mail address",
        "line 8: b.example stands in line 7 already",
    ):
        assert said in result.err
    assert shell("accounts", "list", "--json").rows == []
