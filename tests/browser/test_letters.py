"""Letters as a browser lays them out: nothing runs out of the page, everything can be read.

Mail programs differ, but what overflows here overflows in each of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from mailflow.letters import Letters
from tests.letters.samples import (
    LANGUAGES,
    PENDING,
    SAMPLES,
    SERVICE,
    Sample,
    in_state,
    parts,
    write,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

#: Elements wider than the window, and texts whose contrast is below WCAG AA, with the ratio.
_MEASURE = """() => {
  const found = [];
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) found.push('scrolls sideways');
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = parse(c).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if (c !== 'transparent' && parse(c)[3] !== 0) return c; } return 'rgb(255, 255, 255)'; };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walk.nextNode(); n; n = walk.nextNode()) {
    if (!n.data.trim()) continue;
    const e = n.parentElement, box = document.createRange();
    box.selectNodeContents(n);
    const edge = box.getBoundingClientRect();
    if (edge.width === 0) found.push('hidden: ' + n.data.trim());
    if (edge.right > wide + 0.5 || edge.left < 0) found.push('out of the page: ' + n.data.trim());
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) found.push('pale: ' + n.data.trim());
  }
  return found;
}"""


def _long(state: str) -> Any:
    """Values without a place to break, as long as they may be."""
    word = "w" * 120
    fields = replace(
        PENDING.fields,
        account_name=word,
        note_to_customer=f"{word} {word}",
        user_emails=(f"{'u' * 60}@{'d' * 60}.{'e' * 60}.example",),
        order_number=word[:60],
    )
    return in_state(state, fields=fields)


def _hard() -> list[Sample]:
    long = [
        replace(sample, case="long", request=_long(str(sample.request.state)))
        for sample in SAMPLES
        if sample.request and sample.case == "" and sample.request.fields.account_name
    ]
    return [*SAMPLES, *long]


def test_every_letter_fits_and_reads(browser: Browser) -> None:
    """Colours do not depend on the width, so two of the four ways see everything."""
    letters = Letters(SERVICE)
    written = [
        (f"{sample.name} {language}", parts(write(letters, sample, language).raw).html)
        for sample in _hard()
        for language in (LANGUAGES if sample.case in ("", "long") else ("es",))
    ]
    assert _measured(browser, written, 600, "dark") == []
    assert _measured(browser, written, 360, "light") == []


def _measured(
    browser: Browser, written: list[tuple[str, str]], width: int, scheme: Literal["dark", "light"]
) -> list[str]:
    """The faults of letters (name, HTML), each a document of its own in the same tab.

    The page writes them into itself: to load each would take most of the time.
    """
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    found = page.evaluate(
        f"""written => written.map(([name, html]) => {{
          document.open(); document.write(html); document.close();
          return [name, document.compatMode, ({_MEASURE})()];
        }})""",
        written,
    )
    context.close()
    assert [name for name, _, _ in found] == [name for name, _ in written]
    assert {mode for _, mode, _ in found} == {"CSS1Compat"}  # the whole document was read
    return [f"{name}: {fault}" for name, _, faults in found for fault in faults]


def test_the_measure_finds_what_it_is_for(browser: Browser) -> None:
    html = parts(write(Letters(SERVICE), SAMPLES[0]).raw).html
    wide = html.replace("<h1", f"<p>{'w' * 300}</p><h1").replace("anywhere", "normal")
    wide = wide.replace("break-word", "normal")
    pale = html.replace("color: #14181d", "color: #bbbbbb")
    found = _measured(browser, [("wide", wide), ("fine", html), ("pale", pale)], 360, "light")
    assert "wide: scrolls sideways" in found
    assert any(fault.startswith("pale: pale: ") for fault in found)
    assert not any(fault.startswith("fine: ") for fault in found)
