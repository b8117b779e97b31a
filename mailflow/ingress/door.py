"""What all sessions at the door share: settings, limits, the way to the committer, the count."""

from __future__ import annotations

import socket
from asyncio import Future
from collections.abc import Callable

from mailflow import maillog
from mailflow.config import SmtpIngressSettings
from mailflow.ingress.arrived import arrived
from mailflow.ingress.crowd import Budget, Crowd, Guest
from mailflow.metrics import Metrics
from mailflow.store.inbox import Incoming, Stored

#: Bytes of mail in memory over all sessions; several of the largest fit.
IN_FLIGHT_BYTES = 67_108_864


class Door:
    """Used in the door's thread only."""

    def __init__(
        self,
        settings: SmtpIngressSettings,
        is_ours: Callable[[str], bool],
        store: Callable[[Incoming], Future[Stored]],
        metrics: Metrics,
        has_room: Callable[[], bool] = lambda: True,
    ) -> None:
        self.settings = settings
        self.hostname = settings.hostname or socket.gethostname()
        self.is_ours = is_ours
        self.store = store
        self.has_room = has_room
        self.metrics = metrics
        self.lines: set[Guest] = set()  # every connection there is, also those being refused
        self.crowd = Crowd(settings.max_connections, settings.max_connections_per_address)
        self.budget = Budget(max(IN_FLIGHT_BYTES, 2 * settings.max_message_bytes))
        metrics.in_flight_bytes.set_function(lambda: self.budget.used)

    def came(self, source: str) -> None:
        """A session has begun."""
        self.metrics.connections.labels(source).inc()

    def went(self, source: str) -> None:
        """A session has ended."""
        self.metrics.connections.labels(source).dec()

    def stored(self, item: Incoming, stored: Stored) -> None:
        """A mail is on disk."""
        arrived(self.metrics, item, stored)

    def refused(self, answer: str, source: str, peer: str) -> None:
        """`answer`, a reply line with an enhanced code, said no to something."""
        self.metrics.refused.labels(" ".join(answer.split(" ")[:2])).inc()
        maillog.refused_at_door(source=source, peer=peer, answer=answer)
