"""From the settings of `[delivery]` to the parts that the sender needs."""

from __future__ import annotations

from datetime import timedelta

from mailflow.config import DeliverySettings
from mailflow.core.retry import Backoff
from mailflow.delivery.capture import Capture, Redirect
from mailflow.delivery.outcome import Carrier
from mailflow.delivery.relay import Relay


def make_carrier(settings: DeliverySettings, helo: str) -> Carrier:
    """A new carrier for one thread: the relay or the capture, behind the staging rules if set.

    `helo` is our own name in EHLO.
    """
    if settings.mode == "capture":
        return Capture()
    relay = Relay(settings, helo)
    if settings.redirect_to or settings.allow_recipients:
        return Redirect(relay, settings.redirect_to, settings.allow_recipients)
    return relay


def make_backoff(settings: DeliverySettings) -> Backoff:
    """When to try again, and when to give up."""
    return Backoff(
        first=timedelta(seconds=settings.first_retry_s),
        longest=timedelta(seconds=settings.max_retry_s),
        give_up=timedelta(days=settings.give_up_days),
    )
