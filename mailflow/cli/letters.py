"""`mailflow letters`: look at every letter, find what is wrong with templates, send one to try."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.common import AsJson, ConfigFile, read_config
from mailflow.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from mailflow.config import Config

group = typer.Typer(help="Letters: look at them, check them, try them.", no_args_is_help=True)

Folder = Annotated[
    Path | None,
    typer.Option("--templates", metavar="FOLDER", help="Own templates; else [service] templates."),
]


@group.command()
def preview(
    config: ConfigFile = None,
    templates: Folder = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes any free one.")] = 0,
) -> None:
    """Show every letter in the browser, in every situation and language, until Ctrl-C.

    Templates of your own stand beside ours, and are read again when a file changes.

    Example: mailflow letters preview --templates my-templates
    """
    import signal
    import sys
    import threading

    from mailflow.cli.output import note
    from mailflow.web.gallery import gallery
    from mailflow.web.server import Server

    settings = read_config(config)
    server = Server(gallery(settings.service, _folder(settings, templates)), port=port)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    try:
        server.start()
    except OSError as trouble:
        raise Failure(
            f"cannot listen at port {port}: {trouble.strerror}", "--port 0", Exit.UNAVAILABLE
        ) from None
    sys.stdout.write(f"http://127.0.0.1:{server.port}/\n")
    sys.stdout.flush()
    note("open this address in a browser; Ctrl-C ends it")
    over.wait()
    server.stop()


@group.command()
def lint(config: ConfigFile = None, templates: Folder = None, as_json: AsJson = False) -> None:
    """Write every letter in every situation and language, and say what is wrong.

    Finds unknown variables, empty values, dead links, letters that do not exist, sentences
    without translation. Ends with 1 when there is something.
    """
    from mailflow.cli.output import listing, note, several
    from mailflow.letters.lint import trouble

    settings = read_config(config)
    faults = trouble(settings.service, _folder(settings, templates))
    if as_json or faults:
        listing([{"fault": fault} for fault in faults], ["fault"], as_lines=as_json)
    if faults:
        raise Failure(several(len(faults), "fault"), "look: mailflow letters preview")
    if not as_json:
        note("nothing is wrong")


def samples() -> list[str]:
    from mailflow.letters.samples import SAMPLES

    return [sample.name for sample in SAMPLES]


@group.command("test-send")
def send_sample(
    to: Annotated[str, typer.Argument(help="Whom to send it to.")],
    config: ConfigFile = None,
    letter: Annotated[
        str,
        typer.Option(
            help="Which one, as in the preview: activation, review-older, …",
            autocompletion=lambda: samples(),
        ),
    ] = "activation",
    language: Annotated[str, typer.Option(help="In which language; else the default.")] = "",
    templates: Folder = None,
) -> None:
    """Send one letter with made-up values through your mail server. Its links open nothing.

    Example: mailflow letters test-send you@vendor.example --letter review --language es
    """
    from mailflow.cli.output import note
    from mailflow.core.address import parse
    from mailflow.delivery.capture import Redirect
    from mailflow.delivery.outcome import Captured, Deferred, Failed
    from mailflow.delivery.relay import Relay
    from mailflow.delivery.talk import Carrier

    settings = read_config(config)
    address = parse(to)
    if address is None:
        raise Failure(f"{to!r} is not a mail address", code=Exit.USAGE)
    if settings.delivery.mode == "capture":
        raise Failure(
            "[delivery] mode is capture, so nothing is ever sent",
            'mode = "smtp" and host = "…"',
            Exit.CONFIG,
        )
    raw = _written(settings, address, letter, language, _folder(settings, templates))
    delivery, service = settings.delivery, settings.service
    relay: Carrier = Relay(delivery, service.domain)
    if delivery.redirect_to or delivery.allow_recipients:
        relay = Redirect(relay, delivery.redirect_to, delivery.allow_recipients)
    outcome = relay.send(f"{service.bounce_local}@{service.domain}", address, raw)
    relay.rest()
    match outcome:
        case Deferred(reason=reason):
            raise Failure(f"not sent for now: {reason}", "mailflow check", Exit.UNAVAILABLE)
        case Failed(reason=reason):
            raise Failure(f"refused: {reason}", "mailflow check")
        case Captured():
            raise Failure(
                f"{address} is not among [delivery] allow_recipients", "add it there", Exit.CONFIG
            )
    note(f"taken by your mail server: {outcome.answer}")


def _written(settings: Config, to: str, name: str, language: str, templates: Path | None) -> bytes:
    """The bytes of a sample letter, with a Message-ID and a date of its own."""
    import difflib
    import secrets
    from dataclasses import replace
    from datetime import UTC, datetime

    from mailflow.letters import Letters, samples

    service = settings.service
    language = language or service.default_language
    if language not in service.languages:
        known = ", ".join(service.languages)
        raise Failure(f"--language {language}: not one of ours", known, Exit.USAGE)
    by_name = {sample.name: sample for sample in samples.SAMPLES}
    if name not in by_name:
        near = difflib.get_close_matches(name, by_name, n=3)
        mend = f"did you mean {', '.join(near)}?" if near else "mailflow letters preview"
        raise Failure(f"--letter {name}: there is no such letter", mend, Exit.USAGE)
    sample = by_name[name]
    envelope = replace(
        samples.envelope(sample, service),
        message_id=f"<{secrets.token_hex(15)}@{service.domain}>",
        date=datetime.now(UTC),
        in_reply_to="",
        references=(),
    )
    letters = Letters(service, templates)
    return letters.finish(samples.letter(sample, to, language), envelope).raw


def _folder(settings: Config, given: Path | None) -> Path | None:
    """The operator's own templates: as given, else as configured, else none."""
    if given is not None:
        return given
    return Path(settings.service.templates) if settings.service.templates else None
