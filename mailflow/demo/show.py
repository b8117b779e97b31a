"""What the reader of the terminal sees: one mail after the other, as a conversation."""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes, policy

from rich import box
from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from mailflow.core.letter import ANSWER_MARK
from mailflow.web.mailview import Captured, Opened

#: Lines of a letter that are shown: the first of its kind at length, others in short. The whole of
#: it is in the mailbox.
_LINES_FIRST, _LINES_AGAIN = 44, 9
_WIDTH = 92
_LABELS = {
    "partner": "to the partner",
    "approver": "to the customer",
    "user": "to an added user",
    "notice": "to the notice address",
    "operator": "to the operator",
}


class Show:
    """Prints the play to `console`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.steps = 0
        self._kinds: set[str] = set()

    def act(self, title: str) -> None:
        """A new act begins."""
        self._console.print()
        self._console.print(Rule(Text(title, style="bold"), style="cyan"))

    def written(self, name: str, raw: bytes) -> None:
        """Somebody writes a mail of his own."""
        message = message_from_bytes(raw, policy=policy.default)
        body = message.get_body(("plain", "html"))
        text = body.get_content() if body else ""
        title = f"examples/{name} · {message['From']}"
        self._person(title, str(message["Subject"]), text)

    def answered(self, letter: Captured, words: str) -> None:
        """Somebody answers a letter; the quotation below his words is not shown again."""
        self._person(f"{letter.recipient} replies", f"Re: {letter.subject}", words)

    def letter(self, mail: Captured, opened: Opened) -> None:
        """A letter of the service."""
        self.steps += 1
        lines = _below_the_mark(opened.text).split("\n")
        shown = lines[: _LINES_AGAIN if mail.kind in self._kinds else _LINES_FIRST]
        self._kinds.add(mail.kind)
        body: list[Text] = [Text(line) for line in shown]
        if len(lines) > len(shown):
            body.append(Text(f"… {len(lines) - len(shown)} more lines", style="dim"))
        label = _LABELS.get(mail.audience, mail.audience)
        title = f"[bold green]✉ {mail.kind}[/] [dim]{label}[/] {mail.recipient}"
        panel = Panel(
            Group(Text(mail.subject, style="bold"), Text(""), *body),
            title=title, title_align="left", border_style="green", box=box.ROUNDED, width=_WIDTH,
        )  # fmt: skip
        self._console.print(Padding(panel, (0, 0, 0, 4)))

    def web(self, method: str, url: str, status: int) -> None:
        """Somebody opens the page, or presses its button."""
        self.steps += 1
        meaning = "shows, changes nothing" if method == "GET" else "acts"
        secret = url.partition("/a/")
        short = f"{secret[0]}/a/{secret[2][:6]}…{secret[2][32:]}"
        self._console.print(Text(f"  ⇢ {method} {short}  →  {status}, {meaning}", style="magenta"))

    def days(self, days: int, now: datetime) -> None:
        """Time passes."""
        self._console.print(Text(f"  ⏲ {days} days pass; it is {now:%d %B %Y} now", style="yellow"))

    def _person(self, title: str, subject: str, text: str) -> None:
        self.steps += 1
        panel = Panel(
            Group(Text(subject, style="bold"), Text(""), Text(text.strip())),
            title=Text(f"✎ {title}", style="bold blue"),
            title_align="left", border_style="blue", box=box.ROUNDED, width=_WIDTH,
        )  # fmt: skip
        self._console.print(panel)


def _below_the_mark(text: str) -> str:
    """The letter without the line above which one answers, and the name above its heading."""
    paragraphs = text.strip().split("\n\n")
    if paragraphs[0].startswith(ANSWER_MARK):
        paragraphs = paragraphs[2:]
    return "\n\n".join(paragraphs).strip()
