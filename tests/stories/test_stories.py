"""The stories of this folder, played on the real service; together they walk every arrow.

One file is one story, in the language of docs/reference/stories.md. Every letter that follows a
step is listed there, so a letter that changes its reader or its moment changes a story.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from mailflow.core import machine, message
from mailflow.core.automatic import automatic
from mailflow.core.commands import Actor, Command
from mailflow.core.decision import Decision, World
from mailflow.core.letter import Kind
from mailflow.core.machine import TRANSITIONS
from mailflow.core.message import Message
from mailflow.core.request import Request
from mailflow.rehearsal import Rehearsal, Written
from mailflow.rehearsal.player import Player, Scene, captured
from mailflow.rehearsal.script import ScriptError, parse, span
from mailflow.rehearsal.trusting import Trusting
from mailflow.store import migrate
from mailflow.store.db import Database
from mailflow.web import compose
from tests.house import config, letters_of

STORIES = sorted(Path(__file__).parent.glob("*.txt"))
#: The digest is no answer to anything in a story: `tests/edges/test_digest.py` has it.
NEVER_SENT = {Kind.QUARANTINE_DIGEST}


@dataclass(frozen=True)
class Played:
    """A story as it went, and the arrows (command, from, to) that it took."""

    scenes: list[Scene]
    arrows: set[tuple[str, str, str]]

    @property
    def letters(self) -> list[Written]:
        return [letter for scene in self.scenes for letter in scene.letters]


Play = Callable[[Path], Played]


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Plays a story; the second time it only remembers."""
    folder = tmp_path_factory.mktemp("stories")
    template = folder / "template.db"
    db = Database(f"sqlite:///{template}")
    migrate.upgrade(db)
    db.close()

    @functools.cache
    def played(story: Path) -> Played:
        file = folder / f"{story.stem}.db"
        shutil.copyfile(template, file)
        return _play(story.read_text(encoding="utf-8"), Database(f"sqlite:///{file}"))

    return played


def _play(story: str, db: Database) -> Played:
    arrows: set[tuple[str, str, str]] = set()
    decide = machine.decide

    def watched(request: Request | None, command: Command, actor: Actor, world: World) -> Decision:
        decision = decide(request, command, actor, world)
        if request is not None:
            after = decision.request or request
            arrows.add((type(command).__name__, str(request.state), str(after.state)))
        return decision

    settings = config()
    service = Rehearsal(settings, db, Trusting(), letters=letters_of(settings), captures=True)
    try:
        with mock.patch.object(machine, "decide", watched):
            return Played(list(Player(service).play(parse(story))), arrows)
    finally:
        db.close()


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.stem)
def test_a_story_goes_as_it_is_written(story: Path, play: Play) -> None:
    faults = [fault for scene in play(story).scenes for fault in scene.faults]
    assert not faults, "\n".join(faults)


def test_the_stories_walk_every_arrow_and_send_every_letter(play: Play) -> None:
    arrows = set().union(*(play(story).arrows for story in STORIES))
    wanted = {
        (command, str(before), str(after))
        for command, table in TRANSITIONS.items()
        for before, afters in table.items()
        for after in afters
        if before is not after
    }
    assert sorted(wanted - arrows) == [], "arrows that no story walks"
    assert sorted(set(TRANSITIONS) - {command for command, _, _ in arrows}) == []
    sent = {letter.kind for story in STORIES for letter in play(story).letters}
    assert sorted({str(kind) for kind in set(Kind) - NEVER_SENT} - sent) == []


def test_there_are_enough_of_them_and_in_every_language(play: Play) -> None:
    assert len(STORIES) >= 25
    spoken = [{letter.language for letter in play(story).letters} for story in STORIES]
    for language in ("en", "es", "pt"):
        assert sum(language in one for one in spoken) >= 5, language
    assert sum(len(one) > 1 for one in spoken) >= 5, "stories in more than one language"


def test_an_answer_to_any_letter_is_a_persons(play: Play) -> None:
    """Our own subjects and quoted words must not make a reader look like a machine."""
    taken_for_machines = set()
    for story in STORIES:
        for letter in play(story).letters:
            answer = compose.answer(
                captured(letter), "CONFIRM", name="", now=letter.at, message_id="<a@test.example>"
            )
            read = message.read(answer.raw)
            assert isinstance(read, Message)
            if automatic(read, letter.recipient):
                taken_for_machines.add((letter.kind, letter.subject))
    assert taken_for_machines == set()


@pytest.mark.parametrize(
    ("story", "line"),
    [
        ("nonsense\n", 1),
        ("  indented first\n", 1),
        ("partner> hello\n\npartner dances> well\n", 3),
        ("= review to partner\n", 1),
        ("partner> hello\n= review\n", 2),
        ("partner> hello\n= review to partner\n  colour: blue\n", 3),
    ],
)
def test_a_story_that_cannot_be_read_says_in_which_line(story: str, line: int) -> None:
    with pytest.raises(ScriptError, match=f"^line {line}:"):
        parse(story)


@pytest.mark.parametrize(
    ("story", "words"),
    [
        ("clock> a while\n", "no span of time"),
        ("nobody_known> hello\n", "nobody is called nobody_known"),
        ("partner replies> CONFIRM\n", "got no letter"),
        ("customer clicks> accept\n", "got no letter with a page"),
        ("cast> rosa = Rosa\n", "write: NAME = Name <address>"),
        ("cast> rosa = Rosa <rosa@bodega.example>; Bodega; queen\n", "no role"),
        ("directory> customer inactive\n", "somebody in the directory"),
    ],
)
def test_a_story_that_cannot_be_played_says_why(
    story: str, words: str, sqlite_db: Database
) -> None:
    with pytest.raises(ScriptError, match=words):
        _play(story, sqlite_db)


def test_what_is_not_as_expected_is_told(sqlite_db: Database) -> None:
    story = (
        "partner> HELP\n= review to partner\nis> pending\noutcome> review\n"
        "partner> HELP me\n= help to partner in es\n  subject: Nonsense\n  says: Nonsense\n"
        "  never: Account name\n"
    )
    faults = [fault for scene in _play(story, sqlite_db).scenes for fault in scene.faults]
    heads = [fault.partition(":")[0] for fault in faults]
    assert heads == ["line 2", "line 1", "line 3", "line 4"] + ["line 6"] * 4
    assert "no review to partner, but help to alba@cobalt.example" in faults[0]


def test_a_span_of_time() -> None:
    assert span("2 days, 3 hours 1 minute", 1).total_seconds() == (2 * 24 + 3) * 3600 + 60
