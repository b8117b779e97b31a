"""Files that are made from the program are those of this program, and links in documents lead on."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from mailflow import __version__
from mailflow.cli import reference
from mailflow.config import render
from mailflow.metrics import Metrics

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/**/*.md")])
MEND = "mend with: make reference"


def test_the_example_configuration_is_current() -> None:
    written = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    assert written == render.toml(render.EXAMPLE, render.EXAMPLE_INTRO), MEND


def test_the_configuration_reference_is_current() -> None:
    written = (ROOT / "docs/reference/configuration.md").read_text(encoding="utf-8")
    assert written == render.reference(), MEND


@pytest.mark.parametrize("name", sorted(reference.pages()))
def test_the_reference_of_commands_is_current(name: str) -> None:
    written = (ROOT / "docs/reference" / name).read_text(encoding="utf-8")
    assert written == reference.pages()[name], MEND


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        there = (path.parent / file) if file else path
        if not there.exists() or (anchor and anchor not in _anchors(there)):
            dead.append(target)
    assert dead == []


def test_alarms_are_about_metrics_that_there_are() -> None:
    known = {one.name for one in Metrics().described}
    for when, _ in reference.ALARMS:
        assert set(re.findall(r"mailflow_\w+", when)) <= known, when


def test_the_reference_names_metrics_as_prometheus_reads_them() -> None:
    metrics = Metrics()
    told = {name for line in metrics.render().decode().splitlines() if line.startswith("# TYPE ")
            for name in [line.split()[2]] if not name.endswith("_created")}  # fmt: skip
    assert {one.name for one in metrics.described} == told


def test_pictures_are_there_say_what_they_show_and_are_small() -> None:
    """Made by `make pictures`; none is missing, unused or without words for those who do not see."""
    named: set[Path] = set()
    for path in DOCUMENTS:
        for words, target in re.findall(r"!\[([^]]*)\]\(([^)\s]+)\)", path.read_text("utf-8")):
            assert len(words.split()) >= 3, (path, target)
            named.add((path.parent / target).resolve())
    there = sorted((ROOT / "docs/pictures").glob("*.png"))
    assert set(there) == {path for path in named if path.suffix == ".png"}
    for path in there:
        assert path.read_bytes().startswith(b"\x89PNG\r\n"), path
    assert sum(path.stat().st_size for path in there) < 1_500_000


def _anchors(path: Path) -> set[str]:
    """What a heading can be linked as, by the rule that code forges use."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_in_documents_exist(path: Path) -> None:
    """`mailflow …` and `make …` in code, as far as words go."""
    known = {name for name, _ in reference.every_command()}
    groups = {" ".join(name.split()[:2]) for name in known}
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    text = path.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"`([^`]+)`", text) + re.findall(r"^ {4}(.*)$", text, re.M))
    unknown = []
    for words in re.findall(r"^(?:.*&& )?(mailflow(?: [a-z][a-z-]*)+)", code, re.M):
        parts = words.split()
        if not any(" ".join(parts[:n]) in known | groups for n in (2, 3)):
            unknown.append(words)
    for target in re.findall(r"^make ([a-z-]+)", code, re.M):
        if target not in targets:
            unknown.append(f"make {target}")
    assert unknown == []


def test_pins_are_exact_and_name_no_host() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [
        line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line)
    ] == []
    names = [re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in lines]
    assert len(names) == len(set(names))


def test_everything_we_depend_on_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        wanted += extra
    pinned = {
        re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower()
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    }
    names = [re.sub(r"[-_.]+", "-", re.split(r"[\[<>=~]", want)[0]).lower() for want in wanted]
    assert [name for name in names if name not in pinned] == []


def test_the_changelog_knows_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[?({re.escape(__version__)}|Unreleased)", changelog, re.M)


def test_the_scripts_are_sound() -> None:
    subprocess.run(["bash", "-n", ROOT / ".ci/run"], check=True)
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", "check", "test", "demo", "ONCE=1"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "demo --once" in done.stdout
