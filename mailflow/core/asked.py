"""The command that an answer asks for."""

from __future__ import annotations

from mailflow.core import commands as c
from mailflow.core.reading import LetterFacts
from mailflow.core.reply import Intent, Reply


def command_of(
    reply: Reply,
    letter: LetterFacts,
    quoted: tuple[c.Quoted, ...] = (),
    said: str = "",
    plain: c.Plain = c.NO_WORDS,
) -> c.Command:
    """The command that a reply's intent stands for."""
    revision = None if letter.matched_by == "reference" else letter.revision
    match reply.intent:
        case Intent.CONFIRM:
            return c.Confirm(revision, quoted, letter.kind)
        case Intent.CANCEL:
            return c.Cancel(reply.text)
        case Intent.ACCEPT:
            return c.Accept("reply", reply.text)
        case Intent.DECLINE:
            return c.Decline(reply.text)
        case Intent.NOMINATE:
            return c.Nominate(reply.argument)
        case Intent.NOT_ME:
            return c.NotMe(reply.text)
        case Intent.READY:
            return c.Ready()
        case Intent.CHANGE if reply.submission is not None:
            return c.Change(reply.submission, "confirm" if reply.also_confirms else "")
        case Intent.RENEW:
            return c.Renew()
        case Intent.RESEND:
            return c.Resend()
        case Intent.STATUS:
            return c.Status()
        case Intent.HELP:
            return c.Help()
        case Intent.CASE:
            return c.Case(reply.text)
        case Intent.FEEDBACK:
            return c.Feedback(reply.text)
        case Intent.ENGLISH:
            return c.English(letter.kind)
        case Intent.LANGUAGE:
            return c.English(letter.kind, reply.argument)
        case _:
            near = reply.guess
            return c.Unknown(
                reply.read,
                reply.code,
                near.word,
                near.address,
                said,
                revision,
                quoted,
                letter.kind,
                plain,
            )
