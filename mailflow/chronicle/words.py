"""The sentences of the chronicle. English, as the record of a service is kept in one language."""

from __future__ import annotations

from collections.abc import Mapping

#: What a mail turned out to be.
KINDS: Mapping[str, str] = {
    "request": "a mail that starts something",
    "reply": "an answer to a letter of ours",
    "automatic": "a machine's mail",
    "bounce": "a delivery report",
    "stray": "none of our business",
}

#: event → sentence. {who} is whoever brought it about; the rest comes from the event's data.
EVENTS: Mapping[str, str] = {
    "opened": "{who} asked for the account.",
    "changed": "{who} changed: {fields}.",
    "confirmed": "{who} confirmed; the provisional account was created.",
    "accepted": "{who} accepted by {way}; the account became active.",
    "declined": "{who} declined.",
    "nominated": "{who} named {new} to decide instead of {old}.",
    "held": "{who} stopped it.",
    "released": "{who} let it go on.",
    "cancelled": "{who} ended it.",
    "bounced": "Mail to {address} came back.",
    "absent": "The mailbox of the approver answered that nobody is there{until}.",
    "user_spared": "{address} had been written to often enough that day, and was not told.",
    "customer_ready": "{who} asked us to say that the customer is ready now.",
    "expired": "Nobody had accepted when the term was over: it expired.",
    "lapsed": "It was not finished in time and lapsed.",
    "reminded": "Day {day} of the schedule: reminded.",
    "reminder_skipped": "Day {day} of the schedule: nobody was reminded, mail does not get there.",
    "renewed": "{who} asked for it again with the old values.",
    "case_asked": "{who} asked for a person at licensing support.",
}

#: outcome of a mail that has no event → sentence.
OUTCOMES: Mapping[str, str] = {
    "help": "{who} was sent the form.",
    "status": "{who} asked where it stands.",
    "english": "{who} asked for the English original.",
    "feedback": "{who} left a remark, which is kept.",
    "case": "{who} asked for a person at licensing support.",
    "resent": "{who} had the activation mail sent again.",
    "resend_later": "{who} asked to send it again, too soon.",
    "already": "{who} asked for what had been decided already, and was told the state.",
    "same": "{who} sent lines that say what we had already.",
    "review": "{who} was shown the review again.",
    "clarify": "{who} was asked for what is missing or wrong.",
    "older_revision": "{who} confirmed an older review and was shown the newest.",
    "refused_change": "{who} wanted to change what is fixed after CONFIRM.",
    "unknown": "{who} wrote nothing that could be taken as a clear word, and was asked.",
    "refuse": "{who} may not ask for accounts, and was told so at most once a day.",
    "existing_account": "The domain has an account already; {who} was told how to get access.",
    "already_pending": "The domain is being asked for already; {who} was told only that.",
    "duplicate": "The same mail had its effect before; nothing happened again.",
    "wrong_sender": "{who} answered a letter that was written to somebody else; nothing happened.",
    "no_secret": "{who} wrote to our bare address and was told where to answer; nothing happened.",
    "unproven": "It was not proven that {who} wrote it; nothing happened.",
    "unknown_token": "{who} wrote to a secret address that gives no right.",
    "noted": "It was noted; nothing had to be done.",
    "ignore": "It was left alone, as machines are never answered.",
    "quarantine": "It was set aside in quarantine; nothing happened.",
    "dropped": "An operator decided that nothing is to be done about it.",
}

#: state of an inbound mail that is not finished, or failed.
STATES: Mapping[str, str] = {
    "waiting": "It waits to be worked on.",
    "claimed": "It is being worked on.",
    "failed": "It could not be worked on, through a fault of ours, and was set aside.",
    "quarantined": "It was set aside in quarantine; nothing happened.",
}

#: state of an outgoing letter.
DELIVERIES: Mapping[str, str] = {
    "due": "waiting to be sent",
    "claimed": "being sent",
    "sent": "taken by the mail server",
    "captured": "captured, not sent",
    "failed": "refused for good",
    "withdrawn": "withdrawn before it was sent",
}
