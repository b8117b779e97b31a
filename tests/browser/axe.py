"""What axe-core has to say about a page: WCAG 2.2 A and AA, and landmarks and headings besides.

Our pages forbid scripts. axe-core is not loaded by the page but put into each by the driver, over
the browser's own debugging channel, which no policy of a page concerns: the tab needs axe-core as
an init script, as in `test_axe`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
#: For whole pages also what axe-core calls best practice. A mail is shown inside a page of the mail
#: program, which owns landmarks.
PAGE = (*WCAG, "best-practice")
CONTRAST = "color-contrast"

_RUN = """([tags, only, skip]) => axe.run(document, {
    runOnly: only.length ? {type: 'rule', values: only} : {type: 'tag', values: tags},
    rules: Object.fromEntries(skip.map(one => [one, {enabled: false}])),
    resultTypes: ['violations'],
    iframes: false,  // a letter within is looked at by itself
})"""


def faults(
    tab: Page, tags: Sequence[str] = PAGE, *, only: Sequence[str] = (), skip: Sequence[str] = ()
) -> list[str]:
    """Each violated rule of `tags`, or of `only`, with the first element and how to mend it."""
    found: dict[str, Any] = tab.evaluate(_RUN, [tags, only, skip])
    return [
        f"{one['id']} ({one['impact']}, {len(one['nodes'])} times): {one['nodes'][0]['html'][:160]} "
        f"{' '.join(one['nodes'][0]['failureSummary'].split())}"
        for one in found["violations"]
    ]


def page_faults(tab: Page, *, colours: bool = True) -> list[str]:
    """All rules on the page as it is, with everything unfolded; contrast in both schemes.

    `colours` False leaves contrast out: it is the same in each language.
    """
    tab.wait_for_load_state("load")  # after a click the style sheet may still be on its way
    tab.emulate_media(color_scheme="light")
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    if not colours:
        return faults(tab, skip=[CONTRAST])
    found = faults(tab)
    tab.emulate_media(color_scheme="dark")
    return found + [f"in the dark: {fault}" for fault in faults(tab, only=[CONTRAST])]
