"""Weaving changes nothing: an operator may write any Jinja, and gets what Jinja would say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2 import Environment, Template, TemplateError, nodes

from mailflow.core.letter import Letter
from mailflow.letters import LetterError, Letters, brand, catalogue, find_templates, fold, samples
from mailflow.letters.answers import Answers
from mailflow.letters.data import data_of
from mailflow.letters.folders import find_locales
from mailflow.letters.view import view
from mailflow.letters.voice import Voice, give_voice
from tests.letters.samples import SAMPLES, SERVICE, envelope, parts

COMPLETION = next(s for s in SAMPLES if s.name == "completion")
HOSTILE = "<b>&\"x' {{ 7 * 7 }} %(name)s https://evil.example/"

FRAME = (
    '{% extends "layout.j2" %}{% block subject %}S{% endblock %}'
    "{% block heading %}{{ _('Active') }} & {{ r.account_name }}{% endblock %}"
    "{% block body %}BODY{% endblock %}"
)

#: What a body may do; each is written woven and unwoven, in text and in HTML.
BODIES = {
    "values": "{{ p(r.account_name) }}{{ p('<i>' ~ r.account_name) }}{{ r.account_name ~ '&' }}",
    "sentence": "{{ p(_('%(name)s accepted by mail on %(at)s.', name=r.account_name, at='&')) }}",
    "strong": "{{ p(_('Changed: %(fields)s.', fields=strong(r.account_name))) }}",
    "number": "{% for n in (1, 2) %}{{ p(ngettext('The user you named has been told.', "
    "'The %(n)s users you named have been told.', n)) }}{% endfor %}",
    "rows": "{% set rows = [('a', [r.account_name, '<'], '&')] %}{{ fields(rows) }}"
    "{{ fields(rows + [('b', ['x'], '')]) }}{{ fields([('c', [], r.account_name)]) }}",
    "choice": "{{ p('yes') if r.users else p('no') }}{{ p('one') if true }}",
    "local": "{% macro twice(x, y='&') %}{% set z = x ~ y %}{{ z }}{{ z|upper }}{% endmacro %}"
    "{{ p(twice(r.account_name)) }}{{ twice('<', y='>') }}{{ twice(twice('<')) }}",
    "shadowed macro": "{% macro p(x) %}<mine>{{ x }}</mine>{% endmacro %}{{ p(r.account_name) }}",
    "shadowed name": "{% set cut = '!' %}{% set _ = 'x' %}{{ cut }}{{ _ }}{{ section('&') }}",
    "same names": "{% set text = 'mine' %}{% set rows = 'too' %}{% for label in 'ab' %}"
    "{{ p(label) }}{{ fields([(label, [text], rows)]) }}{% endfor %}{{ text }}{{ rows }}",
    "loop": "{% for x in ['a', '<'] %}{{ loop.index }}{{ p(loop.last ~ x) }}{{ items([x]) }}"
    "{% else %}none{% endfor %}{% for x in [] %}{% else %}none{% endfor %}"
    "{% for x in [1, 2, 3] if x > 1 %}{{ x }}{{ loop.first }}{% endfor %}",
    "loop in loop": "{% for x in ['a', 'b'] %}{% if not loop.first %}, {% endif %}"
    "{% for y in r.users %}{{ loop.first }}{{ y.email }}{% endfor %}{% endfor %}",
    "loop leaks nothing": "{% set x = 1 %}{% for y in [1, 2] %}{% if y == 1 %}{% set x = 2 %}"
    "{% endif %}{{ x }}{% endfor %}{{ x }}",
    "recursion": "{% for x in ['a', ['<', 'c']] recursive %}{% if x is string %}{{ x }}"
    "{% else %}{{ loop(x) }}{% endif %}{% endfor %}"
    "{% macro down(n) %}{{ n }}{% if n %}{{ down(n - 1) }}{% endif %}{% endmacro %}{{ down(3) }}",
    "caller": "{% macro box(t) %}[{{ t }}{{ caller() }}]{% endmacro %}"
    "{% call box('<') %}{{ r.account_name }}{{ p('&') }}{% endcall %}",
    "varargs": "{% macro all() %}{{ varargs|join('&') }}{{ kwargs|length }}{% endmacro %}"
    "{{ all('<', r.account_name, x=1) }}",
    "spread": "{{ note(*['<']) }}{{ note(**{'text': r.account_name}) }}",
    "set block": "{% set x %}<i>{{ r.account_name }}</i>{% endset %}{{ p(x) }}",
    "filter block": "{% filter upper %}{{ p(r.account_name) }}{% endfilter %}",
    "with": "{% with text = r.account_name %}{{ p(text ~ '<') }}{{ text }}{% endwith %}",
    "autoescape": "{% autoescape false %}{{ r.account_name }}{{ '&' ~ p('<') }}{% endautoescape %}"
    "{% autoescape true %}{{ r.account_name }}{{ p('<') }}{% endautoescape %}",
    "module": "{% import '_words.j2' as w %}{{ w.partner(r, say) }}{{ w.approver(r, say) }}"
    "{% from '_facts.j2' import facts as told, asker with context %}{{ told(r) }}{{ asker(r) }}"
    "{% from '_facts.j2' import facts %}{{ facts(r, [('<', [r.account_name], '&')]) }}",
    "namespace": "{% set ns = namespace(n=0) %}{% macro add(s) %}{% set s.n = s.n + 1 %}"
    "{{ s.n }}{% endmacro %}{{ add(ns) }}{{ add(ns) }}{{ ns.n }}",
    "include": "{% set can_reply = false %}{% include '_foot.j2' %}{% include ['x', '_foot.j2'] %}"
    "{% include 'gone.j2' ignore missing %}",
    "macro as value": "{% set write = p %}{{ write(r.account_name) }}{{ [p]|length }}",
    "self": "{{ self.heading() }}{{ self.subject()|lower }}",
    "safe": "{{ r.account_name|e }}{{ '<i>'|safe }}{{ (r.account_name|e) ~ '&' }}",
    "undefined": "{{ nowhere }}",
    "attribute": "{{ r.nothing.at_all }}",
    "unsafe": "{{ ''.__class__ }}{{ p.__globals__ }}",
    "unsafe call": "{{ r.account_name.__class__.__subclasses__() }}",
    "nothing": "{{ none }}",
    "hole": "{{ p(_('%(name)s accepted by mail on %(at)s.', name='', at='x')) }}",
    "missing value": "{{ p(_('%(name)s accepted by mail on %(at)s.', name='x')) }}",
}

BROKEN = {"undefined", "attribute", "unsafe", "unsafe call", "nothing", "hole", "missing value"}

#: Frames that do more than plain inheritance.
FRAMES = {
    "super": FRAME.replace("BODY", "{{ super() }}BODY{{ p('<') }}"),
    "middle": FRAME.replace("layout.j2", "middle.j2").replace("block body", "block inner"),
    "chosen": FRAME.replace('"layout.j2"', '"layout.j2" if r else "gone.j2"'),
    "alone": "{% block subject %}S{% endblock %}<p>{{ r.account_name }}{{ p(r.title) }}",
    "top": "{% set x = r.account_name %}{% macro say_x() %}{{ x }}{% endmacro %}"
    + FRAME.replace("BODY", "{{ p(say_x()) }}{{ x }}"),
    "foot": FRAME + "{% block foot %}{{ super() }}mine{% endblock %}",
    "no foot": FRAME + "{% block foot %}{{ small('<' ~ r.account_name) }}{% endblock %}",
    "block in loop": FRAME.replace(
        "BODY", "{% for x in 'ab' %}{% block one scoped %}{{ x }}{% endblock %}{% endfor %}"
    ),
}
MIDDLE = (
    '{% extends "layout.j2" %}{% block heading %}M{% endblock %}'
    "{% block body %}{{ section('&') }}{% block inner %}{% endblock %}{{ p('z') }}{% endblock %}"
)
KIT = {
    "kit/text/kit.j2": "{% macro p(text) %}{{ cut }}P {{ text|fill }} {{ extra() }}{% endmacro %}"
    "{% macro extra() %}{{ _('none') }}{{ strong('<') }}{% endmacro %}",
    "kit/html/kit.j2": '{% macro p(text) %}<p id="{{ text }}">{{ text }}{{ extra(1) }}</p>'
    "{% endmacro %}{% macro extra(n) %}{% if n %}{{ extra(n - 1) }}{{ service.organisation }}"
    "{% endif %}{% endmacro %}",
    "kit/html/layout.j2": '<html lang="{{ l.language }}">{{ self.heading() }}<div class="card">'
    "{% block body %}{% endblock %}{% if r %}{% block foot %}{% endblock %}{% endif %}</div>",
}


Voices = tuple[Voice, Voice]


def _as_it_is(environment: object, tree: nodes.Template, name: str | None) -> nodes.Template:
    return tree


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Voices:
    """Spanish, in the sandbox: woven, and as Jinja does it."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "letters").mkdir()
    (folder / "letters" / "middle.j2").write_text(MIDDLE, "utf-8")

    def voice() -> Voice:
        spoken = catalogue.load("es", find_locales(folder))
        colours = brand.palette(SERVICE.brand.colour)
        return give_voice(spoken, SERVICE, find_templates(folder), colours, sandboxed=True)

    with pytest.MonkeyPatch.context() as patch:
        woven = voice()
        patch.setattr(fold, "fold", _as_it_is)
        return woven, voice()


def _hostile() -> Letter:
    letter = samples.letter(COMPLETION, "reader@reader.example", "es")
    assert letter.request is not None
    fields = replace(letter.request.fields, account_name=HOSTILE, note_to_customer=HOSTILE)
    return replace(letter, request=replace(letter.request, fields=fields))


def _shown(environment: Environment, source: str) -> str:
    """What a template shows to this environment, or the fault it ends with."""
    letter = _hostile()
    assert letter.request is not None
    values = {
        "l": letter, "r": view(letter.request, letter.audience), "d": data_of(letter),
        "say": Answers("us@vendor.example", "x", "es").say, "can_reply": True, "mark": "",
        "logo": "", "subject": "S", "english_asked": False, "page_url": "",
    }  # fmt: skip
    code = environment.compile(source, "completion.j2")
    template = Template.from_code(environment, code, environment.globals)
    try:
        subject = template.blocks["subject"](template.new_context(values))
        return "".join(subject) + template.render(values)
    except (LetterError, TemplateError) as fault:
        return f"{type(fault).__name__}: {fault}"


def _same(voices: Voices, source: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Text and HTML, after a look that weaving made no difference."""
    woven, plain = voices
    text, html = _shown(woven.text, source), _shown(woven.html, source)
    monkeypatch.setattr(fold, "fold", _as_it_is)
    assert text == _shown(plain.text, source)
    assert html == _shown(plain.html, source)
    return text, html


@pytest.mark.parametrize("body", BODIES)
def test_a_body_says_the_same(body: str, voices: Voices, monkeypatch: pytest.MonkeyPatch) -> None:
    written = _same(voices, FRAME.replace("BODY", BODIES[body]), monkeypatch)
    assert bool(re.match(r"\w+Error: ", written[0])) is (body in BROKEN), written[0]
    assert "<b>" not in written[1] or body == "autoescape"


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_says_the_same(frame: str, voices: Voices, monkeypatch: pytest.MonkeyPatch) -> None:
    text, html = _same(voices, FRAMES[frame], monkeypatch)
    assert "<b>&\"x' {{ 7 * 7 }} %(name)s" in text
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


def test_macros_and_layout_of_an_operator_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """His `p` goes before ours, also where our own templates call it; the rest of the kit is ours."""
    files = dict(KIT)
    for name in ("kit/text/kit.j2", "kit/html/kit.j2"):
        ours = (find_templates()[-1] / name).read_text("utf-8")
        files[name] += ours.replace("{% macro p(", "{% macro old_p(")
    for name, source in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source, "utf-8")
    service = SERVICE.model_copy(update={"languages": ("pt",)})
    woven = Letters(service, tmp_path)
    written = [woven.finish(_hostile(), envelope(COMPLETION)) for _ in range(2)]
    monkeypatch.setattr(fold, "fold", _as_it_is)
    plain = Letters(service, tmp_path)
    for sample in SAMPLES[::7]:
        letter = samples.letter(sample, "reader@reader.example", "pt")
        written.append(woven.finish(letter, envelope(sample)))
        assert written[-1] == plain.finish(letter, envelope(sample))
    assert written[0] == written[1] == plain.finish(_hostile(), envelope(COMPLETION))
    for one in written:
        got = parts(one.raw)
        assert "P " in got.text
        assert '<p id="' in got.html
        assert "<b>" not in got.html
