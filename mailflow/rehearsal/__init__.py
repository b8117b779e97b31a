"""A service without doors: the real rules on a database of one's own, and a clock one can move.

Mails are put in by hand, letters are read from the outbox, nothing is sent. `mailflow rehearse`
plays folders of mails and stories on it (`script`, `player`, `folder`), and the tests live on it.
"""

from mailflow.rehearsal.service import Rehearsal, Written

__all__ = ["Rehearsal", "Written"]
