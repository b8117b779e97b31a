"""Lines of text, put together from the pieces that a walk over HTML comes by."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Lines:
    pre: int = 0
    dark: int = 0
    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    pending: str = ""  # "", " ", "\t" or "\n": what separates the next text from the last
    length: int = 0
    cut: bool = False
    answer: bool = False  # to a letter of ours: what it answers may be in it without a mark
    inside: bool = False  # whether quotations are read, below a mark of their own

    def flush(self) -> None:
        text = "".join(self.line).strip(" ")
        if text or self.lines:
            self.lines.append(text)
        self.line.clear()

    def put(self, text: str) -> None:
        if self.pending == "\n":
            if self.line:
                self.flush()
        elif self.pending and self.line:
            self.line.append(self.pending)
        self.pending = ""
        self.line.append(text)
        self.length += len(text)

    def block(self) -> None:
        if self.pending != "\t":
            self.pending = "\n"

    def hard_break(self) -> None:
        if self.pending == "\n" and self.line:
            self.flush()
        self.flush()
        self.pending = ""
