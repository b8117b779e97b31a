"""What is counted, in a registry of our own. No label ever holds anything personal."""

from __future__ import annotations

import os
from typing import Literal, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

#: From one sync on a good disk to a database that barely answers.
_COMMIT_BUCKETS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
#: From a relay on the same machine to its longest allowed silence.
_SEND_BUCKETS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 900)
_GROUP_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


class Described(NamedTuple):
    """One metric as the reference tells of it; `name` is as it stands in `/metrics`."""

    name: str
    kind: str
    text: str
    labels: tuple[str, ...] = ()


class Metrics:
    """All metrics of one process. Make one, and hand it to every room."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        #: Each of them, for the reference.
        self.described: list[Described] = []
        counter, gauge, histogram = self._counter, self._gauge, self._histogram

        self.received = counter("received", "Mails stored, by way in", "source")
        self.received_bytes = counter("received_bytes", "Bytes of mails stored")
        self.copies = counter("copies", "Further copies of a mail that was stored already")
        self.refused = counter("refused", "Mails, recipients and sessions refused", "reason")
        self.connections = gauge(
            "connections", "Open connections at the door", "source", of_several="livesum"
        )
        self.in_flight_bytes = gauge(
            "in_flight_bytes", "Bytes of mail not yet committed", of_several="livesum"
        )
        self.commit_group = histogram("commit_group", "Mails per commit", _GROUP_BUCKETS)
        self.commit_seconds = histogram("commit_seconds", "Time of one commit", _COMMIT_BUCKETS)

        self.mailbox_up = gauge(
            "mailbox_up", "1 if the last look at it succeeded, else 0", "mailbox"
        )
        self.mailbox_success = gauge(
            "mailbox_last_success_timestamp_seconds", "When nothing was left to take", "mailbox"
        )
        self.mailbox_refused = counter(
            "mailbox_refused", "Mails that were put aside in their mailbox", "mailbox"
        )

        self.processed = counter("processed", "Mails worked on, by kind and end", "kind", "outcome")
        self.faults = counter("faults", "Faults of ours, by loop", "loop")
        self.letters = counter("letters", "Letters written, by kind", "kind")
        self.transitions = counter("transitions", "Requests changed, by new state", "state")

        self.sent = counter("sent", "Mails the relay took, or that were captured", "mode")
        self.deferred = counter("deferred", "Tries that failed for now")
        self.send_failed = counter("send_failed", "Mails given up or refused for good")
        self.send_seconds = histogram("send_seconds", "Time of one try at the relay", _SEND_BUCKETS)
        self.relay_up = gauge("relay_up", "1 if the last try reached the relay, else 0")

        self.inbox_waiting = gauge("inbox_waiting", "Mails that wait to be worked on")
        self.outbox_due = gauge("outbox_due", "Mails that wait to be sent")
        self.outbox_age_seconds = gauge("outbox_age_seconds", "Age of the oldest unsent mail")
        self.accepted = gauge("accepted", "Accepted mails, by what became of them", "fate")
        self.conservation_difference = gauge(
            "conservation_difference", "Accepted mails that nothing accounts for: always 0"
        )

    def render(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.told)

    @property
    def told(self) -> CollectorRegistry:
        """What is told to others: where several processes count together, what all have counted.

        They do where `PROMETHEUS_MULTIPROC_DIR` names a folder for it.
        """
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return self.registry
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return registry

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        self.described.append(Described(f"mailflow_{name}_total", "counter", text, labels))
        return Counter(name, text, labels, namespace="mailflow", registry=self.registry)

    def _gauge(
        self,
        name: str,
        text: str,
        *labels: str,
        of_several: Literal["mostrecent", "livesum"] = "mostrecent",
    ) -> Gauge:
        """`of_several`: what is told where several processes count together."""
        self.described.append(Described(f"mailflow_{name}", "gauge", text, labels))
        return Gauge(
            name, text, labels,
            namespace="mailflow", registry=self.registry, multiprocess_mode=of_several,
        )  # fmt: skip

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        self.described.append(Described(f"mailflow_{name}", "histogram", text))
        return Histogram(name, text, namespace="mailflow", registry=self.registry, buckets=buckets)
