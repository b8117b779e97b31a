"""What happened, told in plain sentences with its evidence, for operators and auditors.

Every change has a mail, a click, a person or the clock behind it, a rule that decided, and letters
that followed with what became of them. `gather` reads them, `tell` puts them into words.
"""

from mailflow.chronicle.gather import Record, of_mail, of_request
from mailflow.chronicle.tell import Entry, delivery, letter_line, tell

__all__ = ["Entry", "Record", "delivery", "letter_line", "of_mail", "of_request", "tell"]
