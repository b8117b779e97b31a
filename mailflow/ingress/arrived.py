"""What is told of a mail that has come in, by whatever way."""

from __future__ import annotations

from mailflow import maillog
from mailflow.metrics import Metrics
from mailflow.store.inbox import Incoming, Stored


def arrived(metrics: Metrics, item: Incoming, stored: Stored) -> None:
    """A mail is on disk: count it and write it into the log, a further copy as such."""
    if stored.copy:
        metrics.copies.inc()
        maillog.duplicate_copy(inbox=stored.id, source=item.source, peer=item.peer)
        return
    metrics.received.labels(item.source).inc()
    metrics.received_bytes.inc(len(item.raw))
    maillog.received(
        inbox=stored.id,
        source=item.source,
        peer=item.peer,
        mail_from=item.mail_from or "",
        recipients=len(item.recipients),
        size=len(item.raw),
    )
