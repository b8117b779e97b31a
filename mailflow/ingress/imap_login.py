"""How a connection to a mailbox is logged in: by password, or by an OAuth access token."""

from __future__ import annotations

from collections.abc import Callable

from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from mailflow.config import ImapSettings
from mailflow.ingress.oauth import Tokens, tokens_for
from mailflow.store.db import Database

#: Logs a fresh connection in. Raises imapclient's `LoginError`.
Enter = Callable[[IMAPClient], None]
#: Gets ready, before there is a connection. Raises `SignInFailed` and the store's `Unavailable`.
Login = Callable[[], Enter]


def login_for(name: str, settings: ImapSettings, db: Database) -> Login:
    """The way in that the settings say."""
    if settings.auth == "password":
        return lambda: by_password(settings.username, settings.password)
    tokens = tokens_for(name, settings, db)
    return lambda: by_token(settings.username, tokens)


def by_password(username: str, password: str) -> Enter:
    """LOGIN, or AUTHENTICATE PLAIN (RFC 4616), which takes any letters of any language."""

    def enter(client: IMAPClient) -> None:
        if client.has_capability("AUTH=PLAIN"):
            client.plain_login(username, password)
        elif client.has_capability("LOGINDISABLED"):
            raise LoginError('it takes no login without TLS: security = "tls" or "starttls"')
        else:
            client.login(username, password)

    return enter


def by_token(username: str, tokens: Tokens) -> Enter:
    """XOAUTH2, or its standard form OAUTHBEARER (RFC 7628) where only that is offered.

    A token that is refused is not used again: it may have been withdrawn before its time.
    """
    token = tokens.get()

    def enter(client: IMAPClient) -> None:
        bearer = client.has_capability("AUTH=OAUTHBEARER")
        if bearer and not client.has_capability("AUTH=XOAUTH2"):
            name = username.replace("=", "=3D").replace(",", "=2C")
            steps = [f"n,a={name},\1auth=Bearer {token}\1\1", "\1"]
            mechanism = "OAUTHBEARER"
        else:
            steps = [f"user={username}\1auth=Bearer {token}\1\1", ""]
            mechanism = "XOAUTH2"
        left = iter(steps)
        try:
            # A refusal comes as a challenge first; the second step lets the server say no.
            client.sasl_login(mechanism, lambda _: next(left, ""))
        except LoginError:
            tokens.drop()
            raise

    return enter
