"""The moves of each part: what partner, approver, clock, operator and machines can bring about.

Every move is a pure function `(request, command, actor, world) -> Decision`. Which move belongs to
which command stands in one place, `mailflow.core.machine`.
"""
