"""What holds for every page as written: translated whole, readable by everybody."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from jinja2.ext import babel_extract
from selectolax.lexbor import LexborHTMLParser
from starlette.testclient import TestClient

from mailflow.core.request import State
from mailflow.letters.catalogue import placeholders, read_catalogue
from mailflow.letters.folders import find_locales, find_templates
from mailflow.web.kit import ink_on, luminance
from mailflow.web.pages import pages
from mailflow.web.words import choose
from tests.edges.test_web_mailbox import Box, letter
from tests.edges.web_door import TOKEN, MemoryDoor, request, service

PAGES = find_templates()[-1] / "pages"
LANGUAGES = ["es", "pt"]


def sentences() -> set[str | tuple[str, ...]]:
    """Every sentence that a template says."""
    found: set[str | tuple[str, ...]] = set()
    options = {"trim_blocks": "true", "lstrip_blocks": "true"}
    for path in PAGES.rglob("*.j2"):
        with path.open("rb") as file:
            for _, _, message, _ in babel_extract(file, ["_", "gettext", "ngettext"], [], options):
                if isinstance(message, str):
                    found.add(message)
                else:
                    forms = tuple(form for form in message if form)
                    found.add(forms if len(forms) > 1 else forms[0])
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_and_none_is_left_over(language: str) -> None:
    known = {m.id for m in read_catalogue(language, find_locales(), "pages") if m.id}
    said = sentences()
    assert len(said) > 100
    assert known == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_are_plain_text_with_the_same_placeholders(language: str) -> None:
    for message in read_catalogue(language, find_locales(), "pages"):
        if not message.id:
            continue
        ids = (message.id,) if isinstance(message.id, str) else message.id
        texts = (message.string,) if isinstance(message.string, str) else message.string
        for text in texts:
            assert text.strip(), message.id
            assert set(placeholders(text)) == set(placeholders(ids[0])), message.id
            assert not re.search(r"<[a-z/]|&[a-z]+;", text), message.id
            assert not message.fuzzy


def test_texts_outside_the_catalogue_are_names_only() -> None:
    """A sentence somebody forgot to wrap would stay English for everybody."""
    for path in PAGES.rglob("*.j2"):
        source = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", path.read_text("utf-8"), flags=re.S
        )
        words = set(re.findall(r"[A-Za-z]{3,}", re.sub(r"<[^>]*>", " ", source)))
        assert words <= {"English", "wide"}, path.name  # the latter is the name of a class


# --- readable by everybody


def shown() -> dict[str, str]:
    """Every kind of page, as HTML."""
    found: dict[str, str] = {}
    for state in State:
        door = MemoryDoor(request(state, end_reason="why not"))
        web = TestClient(pages(door, service()), "https://accounts.vendor.example")
        found[f"state {state}"] = web.get(f"/a/{TOKEN}").text
        if state is State.PENDING:
            found["gone"] = web.get("/a/nobody").text
            found["problem"] = web.post(f"/a/{TOKEN}", data={"do": "nominate"}).text
            found["nominated"] = web.get("/done/nominated").text
    box = Box([letter(2, "ana@acme.example"), letter(1)]).client()
    for path in ("/", "/mail/1", "/mail/1?show=text", "/mail/1?show=source", "/new"):
        found[f"mailbox {path}"] = box.get(path).text
    return found


SHOWN = shown()


@pytest.mark.parametrize("name", SHOWN)
def test_a_page_can_be_used_without_seeing_it(name: str) -> None:
    tree = LexborHTMLParser(SHOWN[name])
    html = tree.css_first("html")
    assert html is not None
    assert html.attributes["lang"]
    assert tree.css_first("title").text().strip() not in ("", "–")
    assert tree.css_first('meta[name="viewport"]').attributes["content"] == (
        "width=device-width, initial-scale=1"
    )
    assert len(tree.css("h1")) == len(tree.css("main")) == 1
    assert tree.css("header")
    assert tree.css("footer")
    levels = [int(h.tag[1]) for h in tree.css("main h1, main h2, main h3")]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [n.attributes["id"] for n in tree.css("[id]")]
    assert len(ids) == len(set(ids))
    for field in tree.css("input, textarea"):
        assert tree.css_first(f'label[for="{field.attributes["id"]}"]').text().strip()
    for kind in ("aria-labelledby", "aria-describedby"):
        assert {node.attributes[kind] for node in tree.css(f"[{kind}]")} <= set(ids)
    for frame in tree.css("iframe"):
        assert frame.attributes["title"]
    for button in tree.css("button, a"):
        assert button.text().strip()
    navigations = [n.attributes.get("aria-label") for n in tree.css("nav")]
    assert all(navigations)
    assert len(navigations) == len(set(navigations))


def colours(scheme: str) -> dict[str, str]:
    """The colours of one scheme, by name, as the style sheet sets them."""
    css = (PAGES / "style.css").read_text("utf-8").replace("#fffffe", "#ffffff")
    blocks = re.findall(r":root \{(.*?)\}", css, re.S)
    light = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", blocks[0]))
    dark = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", blocks[1]))
    return light if scheme == "light" else {**light, **dark}


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("ink", "paper"), ("ink", "card"), ("quiet", "paper"), ("quiet", "card"),
        ("link", "paper"), ("link", "card"), ("warn", "warn-paper"), ("bad", "bad-paper"),
        ("good", "paper"), ("on-brand", "brand"), ("ink", "line"), ("quiet", "line"),
    ],
)  # fmt: skip
def test_text_can_be_read_in_both_schemes(scheme: str, ink: str, paper: str) -> None:
    named = colours(scheme)
    assert contrast(named[ink], named[paper]) >= 4.5


@pytest.mark.parametrize(
    "colour", ["#000000", "#ffffff", "#ffd500", "#1f4e79", "#e2231a", "#777777"]
)
def test_the_ink_on_any_brand_can_be_read(colour: str) -> None:
    assert contrast(colour, ink_on(colour)) >= 4.5


def test_the_style_sheet_takes_the_brands_colour() -> None:
    web = TestClient(pages(MemoryDoor(), service(brand={"colour": "#FFD500"})))
    css = web.get("/style.css").text
    assert "--brand: #ffd500; --on-brand: #000000" in css
    assert not re.search(r"url\(|@import|http", css)


def test_an_operators_own_page_comes_first_and_cannot_reach_inside(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    own = tmp_path / "pages" / "message.html.j2"
    own.write_text("<h1>ours: {{ what }}</h1>")
    web = TestClient(pages(MemoryDoor(), service(), templates=tmp_path))
    assert web.get("/a/nobody").text == "<h1>ours: gone</h1>"
    own.write_text("{{ ''.__class__.__mro__[1].__subclasses__() }}")
    fresh = TestClient(pages(MemoryDoor(), service(), templates=tmp_path))
    answer = fresh.get("/a/nobody")
    assert answer.status_code == 500
    assert "class" not in answer.text


def test_a_language_without_a_catalogue_is_not_offered() -> None:
    assert choose(("en", "es"), "pt", accept="pt") == "en"
    web = TestClient(pages(MemoryDoor(), service(languages=["es"], default_language="es")))
    page = web.get(f"/a/{TOKEN}?lang=en", headers={"accept-language": "en"}).text
    assert '<html lang="es">' in page
