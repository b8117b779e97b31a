"""The door: whatever changes a request comes through here, one transaction each.

Load, decide, write the letters, save state, events, outbox and the inbox mark, commit, ring. A
mail, a click, a tick of the clock and an operator's word all take this way; nothing else writes a
request (DESIGN.md §2.5 to §2.8).
"""

from mailflow.flow.digest import digest
from mailflow.flow.door import Flow
from mailflow.flow.values import Applied, Contested, Mail, Page

__all__ = ["Applied", "Contested", "Flow", "Mail", "Page", "digest"]
