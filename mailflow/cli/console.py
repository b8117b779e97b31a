"""`mailflow console`: who may log in to the operator's console."""

from __future__ import annotations

from typing import Annotated

import typer

from mailflow.cli.exits import Exit, Failure

group = typer.Typer(help="The operator's console.", no_args_is_help=True)

#: A password of a few random words is longer; what is shorter can be guessed.
SHORTEST = 12
ROLES = ("read", "act")


@group.command()
def password(
    name: Annotated[str, typer.Argument(help="Login of the operator; stands in the history.")],
    role: Annotated[
        str,
        typer.Option(
            help="read (may look) or act (may decide too).", autocompletion=lambda: list(ROLES)
        ),
    ] = "act",
) -> None:
    """Ask for a password, and print the lines for the configuration. The password is kept nowhere.

    Without a terminal the password is the first line of standard input.

    Example: mailflow console password ana --role act >> mailflow.toml
    """
    import secrets
    import sys

    from mailflow.cli.output import note
    from mailflow.config import passwords
    from mailflow.config.render import toml_value

    if role not in ROLES:
        raise Failure(f"--role {role}: there is no such role", ", ".join(ROLES), Exit.USAGE)
    if not name.strip() or not name.isprintable():
        raise Failure("the name is empty, or has control characters", code=Exit.USAGE)
    typed = _asked() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if len(typed) < SHORTEST:
        raise Failure(
            f"the password has {len(typed)} characters",
            f"take at least {SHORTEST}: some random words are easy to keep in mind",
            Exit.USAGE,
        )
    hashed = passwords.hash_password(typed, secrets.token_bytes(passwords.SALT_BYTES))
    sys.stdout.write(
        f"[[console.users]]\nname = {toml_value(name.strip())}\nrole = {toml_value(role)}\n"
        f"password_hash = {toml_value(hashed)}\n"
    )
    note("put these lines at the end of the configuration, with [console] enabled = true")


def _asked() -> str:
    """The same password twice; one that is too short is not asked for again."""
    asked = f"Password (at least {SHORTEST} characters)"
    typed: str = typer.prompt(asked, hide_input=True, err=True)
    if len(typed) >= SHORTEST and typed != typer.prompt("Again", hide_input=True, err=True):
        raise Failure("the two differ", "begin again", Exit.USAGE)
    return typed
