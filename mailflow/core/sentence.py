"""One sentence of a new text, with its words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence. `raw` and `tokens` (folded) run side by side; `commas` are the indices of
    tokens that a comma, colon or dash follows; `quoted` those in quotation marks."""

    text: str
    raw: tuple[str, ...]
    tokens: tuple[str, ...]
    commas: frozenset[int] = frozenset()
    quoted: frozenset[int] = frozenset()
    end: str = ""  # "?", "!", ".", "…" or ""
    greeting: bool = False
    closing: bool = False
    signature: bool = False
    address: bool = False

    @property
    def folded(self) -> str:
        """The folded words in a row, as the patterns of whole sentences want them."""
        return " ".join(self.tokens)

    def after(self, token: int) -> str:
        """The text behind the token of that index."""
        if token >= len(self.raw):
            return ""
        at = 0
        for raw in self.raw[:token]:
            at = self.text.index(raw, at) + len(raw)
        return self.text[at:].strip(" :,;.-–—*_\"'")
