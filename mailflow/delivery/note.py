"""Tell what became of a mail: one log line, one count."""

from __future__ import annotations

from typing import TypedDict

from mailflow import maillog
from mailflow.delivery.verdict import Verdict
from mailflow.metrics import Metrics


class _Ids(TypedDict):
    outbox: int
    request: int | None
    recipient: str


def note(verdict: Verdict, ours: bool, metrics: Metrics) -> None:
    """Log and count one marked mail. `ours` is false if the lease was lost before the mark."""
    mail, mark = verdict.mail, verdict.mark
    ids = _Ids(outbox=mail.id, request=mail.request_id, recipient=mail.recipient)
    if mark.state == "failed":  # perhaps marked by `on_failed` already
        metrics.send_failed.inc()
        maillog.send_failed(**ids, attempt=mail.attempts, reason=mark.answer)
    elif not ours:
        maillog.lease_lost(outbox=mail.id, answer=mark.answer)
    elif mark.state == "sent":
        metrics.sent.labels("smtp").inc()
        maillog.sent(**ids, attempt=mail.attempts, answer=mark.answer)
    elif mark.state == "captured":
        metrics.sent.labels("capture").inc()
        maillog.captured(**ids, answer=mark.answer)
    elif verdict.retry_in:
        metrics.deferred.inc()
        wait_s = verdict.retry_in.total_seconds()
        maillog.deferred(**ids, attempt=mail.attempts, reason=mark.answer, retry_in=wait_s)
