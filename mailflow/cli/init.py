"""`mailflow init`: a few questions, and a commented configuration that loads."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from mailflow.cli.common import DEFAULT_FILE, Yes
from mailflow.cli.exits import Exit, Failure

INTRO = """\
Configuration of mailflow, written by `mailflow init`. A line with a # shows the default.
Check it with: mailflow check --config {path}"""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask. `flag` names the option that answers it without asking."""

    path: tuple[str, ...]
    flag: str
    text: str
    suggestion: str = ""
    optional: bool = False


def _questions(known: Mapping[tuple[str, ...], str]) -> list[Question]:
    """What is asked, with suggestions made from the answers so far."""
    address = known.get(("service", "address"), "")
    operator = known.get(("service", "operator_address"), "")
    domain = address.rpartition("@")[2]
    case = f"mailto:{operator}" if operator else ""
    return [
        Question(("service", "organisation"), "--organisation", "Name of your organisation"),
        Question(("service", "address"), "--address", "Address to which requests are sent"),
        Question(
            ("service", "operator_address"), "--operator", "Mailbox of your licensing support"
        ),
        Question(
            ("service", "public_url"),
            "--public-url",
            "Public address of the web pages",
            f"https://{domain}" if domain else "",
        ),
        Question(
            ("service", "support_url"), "--support-url", "Where people open a support case", case
        ),
        Question(
            ("service", "feedback_url"), "--feedback-url", "Where people leave feedback", case
        ),
        Question(
            ("service", "internal_domains"),
            "--internal-domains",
            "Mail domains of your own staff (commas between)",
            operator.rpartition("@")[2],
            optional=True,
        ),
        Question(
            ("trust", "authserv_ids"),
            "--authserv-id",
            "Name with which your mail server begins Authentication-Results",
            f"mx.{domain.partition('.')[2]}" if domain.count(".") > 1 else "",
        ),
        Question(("delivery", "host"), "--relay", "Your outgoing mail server", "localhost"),
        Question(("database", "url"), "--database", "Database", "sqlite:///mailflow.db"),
    ]


def add_to(app: typer.Typer) -> None:
    """Put this command at the top level."""
    app.command()(init)


def init(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="File to write.")
    ] = DEFAULT_FILE,
    organisation: Annotated[str, typer.Option(help="Name of your organisation.")] = "",
    address: Annotated[str, typer.Option(help="Address to which requests are sent.")] = "",
    operator: Annotated[str, typer.Option(help="Mailbox of your licensing support.")] = "",
    public_url: Annotated[str, typer.Option(help="Public address of the web pages.")] = "",
    support_url: Annotated[str, typer.Option(help="Where people open a support case.")] = "",
    feedback_url: Annotated[str, typer.Option(help="Where people leave feedback.")] = "",
    internal_domains: Annotated[str, typer.Option(help="Mail domains of your own staff.")] = "",
    authserv_id: Annotated[
        str, typer.Option(help="Name in your mail server's Authentication-Results.")
    ] = "",
    relay: Annotated[str, typer.Option(help="Your outgoing mail server.")] = "",
    database: Annotated[str, typer.Option(help="sqlite:///FILE or postgresql://…")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    yes: Yes = False,
) -> None:
    """Write a commented configuration. Asks for what no option says; --yes takes suggestions.

    Example: mailflow init --organisation "Vendor Networks"
    --address requests@licensing.vendor.example --operator licensing-team@vendor.example --yes
    """
    if output.exists() and not force:
        raise Failure(
            f"{output} is already there", "--output OTHER, or --force", Exit.CANNOT_CREATE
        )
    given = {
        "--organisation": organisation, "--address": address, "--operator": operator,
        "--public-url": public_url, "--support-url": support_url, "--feedback-url": feedback_url,
        "--internal-domains": internal_domains, "--authserv-id": authserv_id, "--relay": relay,
        "--database": database,
    }  # fmt: skip
    answers = _answers(given, ask=not yes and sys.stdin.isatty())
    text = _file(answers, output)
    _prove(text)
    _write(output, text, force)
    _next_steps(output)


_RELAY = ("delivery", "host")


def _answers(given: Mapping[str, str], *, ask: bool) -> dict[tuple[str, ...], str]:
    """The answers by setting; those that are missing are asked for, suggested, or complained of."""
    answers: dict[tuple[str, ...], str] = {}
    missing = []
    for position in range(len(_questions({}))):
        question = _questions(answers)[position]
        answer = given[question.flag].strip()
        while True:
            if not answer and ask:
                answer = typer.prompt(
                    question.text, default=question.suggestion or None, err=True
                ).strip()
            answer = answer or question.suggestion
            fault = _fault(question, answer) if answer else ""
            if not fault or not ask:
                break
            typer.echo(f"  {fault}", err=True)
            answer = ""
        if fault:
            raise Failure(f"{question.flag}: {fault}", code=Exit.USAGE)
        if answer:
            answers[question.path] = answer
        elif not question.optional:
            missing.append(question.flag)
    if missing:
        raise Failure(
            f"missing: {', '.join(missing)}",
            "give them as options, or run mailflow init in a terminal to be asked",
            Exit.USAGE,
        )
    return answers


def _value(question: Question, answer: str) -> Any:
    from mailflow.config.schema import settings

    if settings()[question.path].is_list:
        return [part.strip() for part in answer.split(",") if part.strip()]
    return _host_and_port(answer)[0] if question.path == _RELAY else answer


def _host_and_port(answer: str) -> tuple[str, str]:
    """`HOST` or `HOST:PORT`; the port is "" where none is named."""
    host, colon, port = answer.rpartition(":")
    return (host, port) if colon and port.isdigit() and ":" not in host else (answer, "")


def _fault(question: Question, answer: str) -> str:
    """What is wrong with an answer, or ""."""
    from pydantic import ValidationError, create_model

    from mailflow.config.schema import settings

    info = settings()[question.path].info
    field: Any = (info.annotation, info)
    model = create_model("Answer", value=field)
    try:
        model.model_validate({"value": _value(question, answer)})
    except ValidationError as error:
        return str(error.errors()[0]["msg"]).removeprefix("Value error, ")
    return ""


def _file(answers: Mapping[tuple[str, ...], str], path: Path) -> str:
    from mailflow.config.render import toml

    by_path = {question.path: question for question in _questions({})}
    values = {key: _value(by_path[key], answer) for key, answer in answers.items()}
    if port := _host_and_port(answers[_RELAY])[1]:
        values["delivery", "port"] = int(port)
    if values["delivery", "host"] in {"localhost", "127.0.0.1", "::1"}:
        values["delivery", "security"] = "none"  # the mail does not leave the machine here
    return toml(values, INTRO.format(path=path))


def _prove(text: str) -> None:
    """Load what is about to be written, so that init never leaves a file that does not load."""
    import tempfile

    from mailflow.config import ConfigError, load

    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "mailflow.toml"
        trial.write_text(text, encoding="utf-8")
        try:
            load(trial, {})
        except ConfigError as error:
            what = "\n".join(problem.replace(f"{trial}", "answer") for problem in error.problems)
            raise Failure(what, "give other answers", Exit.USAGE) from None


def _write(path: Path, text: str, force: bool) -> None:
    # Only the owner may read it: a password may be added later.
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Failure(
            f"{path} cannot be written: {error.strerror}",
            "choose another place: --output FILE",
            Exit.CANNOT_CREATE,
        ) from None


def _next_steps(path: Path) -> None:
    from mailflow.cli.output import note

    named = "" if path == DEFAULT_FILE else f" --config {path}"
    note(f"{path} is written. Next:")
    for step in ("migrate", "people import people.csv", "check", "run"):
        note(f"  mailflow {step}{named}")
    note("people.csv says who may ask: email,name,company,role,status,language, a line for each.")
