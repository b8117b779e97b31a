"""What can go wrong with an IMAP server, in four words, whatever the libraries call it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient.exceptions import (
    CapabilityError,
    IMAPClientAbortError,
    IMAPClientError,
    LoginError,
    ProtocolError,
)

from mailflow.ingress.imap_guard import Guard, TooMuch


class Broken(Exception):  # noqa: N818
    """The connection is lost, or cannot be trusted any more; connect again."""


class TooLarge(Broken):
    """The server was about to send more bytes than we take; that cannot be stopped otherwise."""


class Refused(Exception):  # noqa: N818
    """The server refused one command, or its answer made no sense; the connection goes on."""


class LoginRefused(Exception):  # noqa: N818
    """The server does not let us in."""


@contextmanager
def talking(guard: Guard) -> Iterator[None]:
    """One exchange with the server, with an end in time; its errors become ours."""
    guard.begin()
    try:
        yield
    except (Refused, Broken, LoginRefused):
        raise
    except LoginError as error:
        if isinstance(error.__context__, IMAPClientAbortError):  # hung up in the middle
            raise Broken(words(error)) from error
        raise LoginRefused(words(error)) from error
    except TooMuch as error:
        raise TooLarge(str(error)) from error
    except IMAPClientAbortError as error:
        raise Broken(words(error)) from error
    except ProtocolError as error:
        raise Refused("the answer cannot be read") from error
    except IMAPClientError as error:
        raise Refused(words(error)) from error
    except OSError as error:  # time-outs, resets, certificates, names
        raise Broken(words(error)) from error
    except Exception as error:  # imapclient on an answer that it cannot read
        raise Refused(f"the answer cannot be read ({type(error).__name__})") from error


def words(error: BaseException) -> str:
    """An error in a few words for people."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, CapabilityError):
        return "it cannot do what is needed"
    if isinstance(error, TimeoutError):
        return str(error) if error.args and not error.errno else "it does not answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = error.args[0] if error.args else ""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return " ".join(said.split())[:200] or type(error).__name__
