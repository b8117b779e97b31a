"""Templates: where they are found, what breaks them, and that shortcuts change nothing."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

import pytest

from mailflow.core.letter import Kind
from mailflow.letters import LetterError, Letters, brand, find_templates, fold, folders
from tests.letters.samples import SAMPLES, SERVICE, read, write

REVIEW = next(s for s in SAMPLES if s.name == "review")
OURS = find_templates()[-1]


def _own(tmp_path: Path, name: str, source: str) -> Path:
    path = tmp_path / "own" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, "utf-8")
    return tmp_path / "own"


def test_every_kind_has_a_template_and_every_template_a_kind() -> None:
    files = {path.stem for path in (OURS / "letters").glob("*.j2") if path.stem[0] != "_"}
    assert files == {str(kind) for kind in Kind} - {"english"}


def test_the_operator_s_template_goes_before_ours(tmp_path: Path) -> None:
    folder = _own(
        tmp_path,
        "letters/review.j2",
        '{% extends "layout.j2" %}{% block subject %}Mine{% endblock %}'
        "{% block heading %}Mine{% endblock %}{% block body %}{{ p(r.account_name) }}{% endblock %}",
    )
    own = Letters(SERVICE, folder)
    assert write(own, REVIEW).subject == "[SA-7K3M-Q2XV] Mine"
    other = next(s for s in SAMPLES if s.name == "completion")
    assert write(own, other).subject == read(Letters(SERVICE), other).subject
    assert find_templates(folder) == [folder, OURS]


def test_the_operator_s_style_and_catalogue_go_before_ours(tmp_path: Path) -> None:
    css = (OURS / "kit" / "style.css").read_text("utf-8") + ".h1 { color: #123456; }"
    folder = _own(tmp_path, "kit/style.css", css)
    po = folders.find_locales()[-1] / "es" / "LC_MESSAGES" / "letters.po"
    mine = po.read_text("utf-8").replace('"Compruebe, por favor, su solicitud"', '"Mire bien"')
    _own(tmp_path, "locale/es/LC_MESSAGES/letters.po", mine)
    own = Letters(SERVICE, folder)
    assert "color: #123456" in read(own, REVIEW).html
    assert "Mire bien" in read(own, REVIEW, "es").text


@pytest.mark.parametrize(
    ("name", "source", "fault"),
    [
        ("letters/review.j2", "{{ nowhere }}", "nowhere|no subject"),
        ("letters/review.j2", "{% block subject %}x{% endblock %}{{ nowhere }}", "nowhere"),
        ("letters/review.j2", "{% block subject %} {% endblock %}", "empty subject"),
        ("letters/review.j2", "{% if %}", "review.j2"),
        ("letters/review.j2", '{% block subject %}x{% endblock %}{{ link("#") }}', "dead link"),
        (
            "letters/review.j2",
            "{% block subject %}x{% endblock %}{{ r.created_at.x }}",
            "review.j2",
        ),
        ("letters/review.j2", '{% extends "gone.j2" %}{% block subject %}x{% endblock %}', "gone"),
        (
            "letters/review.j2",
            "{% block subject %}x{% endblock %}{{ ''.__class__.__mro__ }}",
            "review.j2",
        ),
        ("letters/review.j2", "{% block subject %}x{% endblock %}{{ none }}", "not there"),
    ],
)
def test_a_broken_template_ends_the_letter_with_its_name(
    tmp_path: Path, name: str, source: str, fault: str
) -> None:
    own = Letters(SERVICE, _own(tmp_path, name, source))
    with pytest.raises(LetterError, match=fault):
        write(own, REVIEW)


@pytest.mark.parametrize(
    ("name", "source", "fault"),
    [
        ("kit/text/kit.j2", "{% macro p(text) %}{{ text }}{% endmacro %}", "no macro"),
        ("kit/html/kit.j2", "{% macro", "kit.j2"),
        ("kit/style.css", ".p { color: $nothing; }", "unknown colour"),
    ],
)
def test_a_broken_kit_is_told_at_start(tmp_path: Path, name: str, source: str, fault: str) -> None:
    with pytest.raises(LetterError, match=fault):
        Letters(SERVICE, _own(tmp_path, name, source))


def test_a_missing_folder_is_told_at_start(tmp_path: Path) -> None:
    with pytest.raises(LetterError, match="'gone' does not exist"):
        find_templates(tmp_path / "gone")


def test_templates_are_found_in_an_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a wheel they lie inside the package, in a checkout beside it."""
    package = tmp_path / "site-packages" / "mailflow"
    (package / "templates" / "letters").mkdir(parents=True)
    monkeypatch.setattr(folders, "_HERE", package)
    assert find_templates() == [package / "templates"]
    (package / "templates" / "letters").rmdir()
    with pytest.raises(LetterError, match="install it again"):
        find_templates()


def test_folding_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Constants worked out at load time give the same bytes as Jinja's own way."""
    folded = Letters(SERVICE)
    monkeypatch.setattr(fold, "fold", lambda environment, tree, name: tree)
    unfolded = Letters(SERVICE)
    for sample in SAMPLES:
        assert write(folded, sample, "es").raw == write(unfolded, sample, "es").raw, sample.name


# --- colours --------------------------------------------------------------------------------------

#: Class of a text → class of the ground it stands on.
LIGHT = {
    "mark": "page", "body": "card", "h1": "card", "h2": "card", "small": "foot", "link": "foot",
    "brand": "card", "label": "card", "when": "card", "value": "card", "choice": "card",
    "word": "card", "remark": "card", "note": "note", "pressed": "button", "opened": "card",
    "quotehead": "card", "quote": "quote", "copy": "copy",
}  # fmt: skip
DARK = {name: ground for name, ground in LIGHT.items() if name != "pressed"}
BRANDS = ["#1f4e79", "#ffffff", "#000000", "#ffd400", "#7f7f7f", "#e4002b", "#00ff00", "#0000ff"]


def _colours(css: str, wanted: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        value = re.search(rf"(?:^|[;\s]){wanted}:\s*(#[0-9a-f]{{6}})", body)
        for selector in re.findall(r"\.(\w+)", selectors) if value else ():
            found[selector] = value[1] if value else ""
    return found


@pytest.mark.parametrize("colour", BRANDS)
@pytest.mark.parametrize(("sheet", "pairs"), [("style.css", LIGHT), ("head.css", DARK)])
def test_every_text_reads_on_its_ground(colour: str, sheet: str, pairs: dict[str, str]) -> None:
    """WCAG AA, 4.5 to 1, in light and in dark mode, whatever the brand's colour is."""
    source = (OURS / "kit" / sheet).read_text("utf-8")
    css = Template(source).substitute(brand.palette(colour))
    texts, grounds = _colours(css, "color"), _colours(css, "background-color")
    for text, ground in pairs.items():
        ratio = brand.contrast(texts[text], grounds[ground])
        assert ratio >= 4.5, (text, ground, texts[text], grounds[ground], round(ratio, 2))


def test_each_class_of_the_kit_has_a_style() -> None:
    styled = set(re.findall(r"^\.(\w+)", (OURS / "kit" / "style.css").read_text("utf-8"), re.M))
    used = set()
    for path in (OURS / "kit" / "html").glob("*.j2"):
        used |= set(re.findall(r'class="(\w+)"', path.read_text("utf-8")))
    assert used == styled
    html = read(Letters(SERVICE), next(s for s in SAMPLES if s.name == "activation")).html
    assert not re.search(r'class="\w+">', html), "a class whose style was not inlined"


def test_the_usual_letters_are_ready_before_the_first_is_wanted(tmp_path: Path) -> None:
    letters = Letters(SERVICE)
    letters.prepare()
    voice = letters._voices[SERVICE.default_language]
    for environment in (voice.text, voice.html):
        assert environment.cache is not None
        ready = {key[1] for key in environment.cache}
        assert {"review.j2", "activation.j2", "confirmation_customer.j2"} <= ready
    # One that is broken shows when it is wanted, as without that.
    broken = Letters(SERVICE, _own(tmp_path, "letters/review.j2", "{% if %}"))
    broken.prepare()
    with pytest.raises(LetterError, match="review"):
        write(broken, REVIEW)
