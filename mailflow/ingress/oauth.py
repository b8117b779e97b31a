"""OAuth 2 access tokens for mailboxes at Microsoft 365 and Google, renewed by themselves.

    microsoft, with client_secret     the application itself signs in (client credentials)
    microsoft, without                a person signed in once (device code), then refresh tokens
    google, with service_account_file a service account acts for the mailbox
    google, with client_id            a person signed in once, then its refresh token

A provider may give a new refresh token each time and let the old one die, so the newest is kept in
the database at once. The two packages are an extra, `mailflow[oauth]`, and are loaded when used.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC
from importlib import import_module
from typing import Any

from mailflow.config import ImapSettings
from mailflow.store import mailboxes
from mailflow.store.db import Database

#: A token is renewed so long before its end: a connection is opened with it a little later.
MARGIN_S = 300.0
MICROSOFT = "https://login.microsoftonline.com"
#: What the application asks for itself, and what a person lets it do.
MICROSOFT_APP_SCOPE = "https://outlook.office365.com/.default"
MICROSOFT_SCOPE = "https://outlook.office.com/IMAP.AccessAsUser.All"
GOOGLE_TOKEN = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
GOOGLE_SCOPE = "https://mail.google.com/"


class SignInFailed(Exception):  # noqa: N818
    """There is no access token to be had; the words say why, and what to do."""


@dataclass(frozen=True, slots=True)
class Access:
    """An access token, and for how many seconds it is good."""

    token: str
    seconds: float


class Tokens:
    """The access token of one mailbox, kept in memory until shortly before its end."""

    def __init__(
        self, fetch: Callable[[], Access], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._token = ""
        self._until = 0.0

    def get(self) -> str:
        """A token that is good for some minutes more. Raises `SignInFailed`."""
        if not self._token or self._clock() >= self._until:
            access = self._fetch()
            self._token = access.token
            self._until = self._clock() + max(0.0, access.seconds - MARGIN_S)
        return self._token

    def drop(self) -> None:
        """Forget the token: it was refused."""
        self._token = ""


def tokens_for(name: str, settings: ImapSettings, db: Database) -> Tokens:
    """The tokens of the mailbox `name`."""
    if settings.auth == "microsoft" and settings.client_secret:
        return Tokens(lambda: _microsoft_app(settings))
    if settings.auth == "microsoft":
        return Tokens(lambda: _microsoft_person(name, settings, db))
    if settings.service_account_file:
        return Tokens(lambda: _google_account(settings))
    return Tokens(lambda: _google_person(name, settings, db))


@contextmanager
def microsoft(settings: ImapSettings) -> Iterator[Any]:
    """The application as msal knows it. Raises `SignInFailed`, also for what the block raises."""
    msal = _load("msal")
    authority = settings.authority or f"{MICROSOFT}/{settings.tenant}"
    arguments: dict[str, Any] = {
        "authority": authority,
        # Otherwise an address that is not the provider's own is asked for there first.
        "instance_discovery": None if not settings.authority else False,
    }
    with explained(), closing(http_session(settings)) as session:
        arguments["http_client"] = session
        if settings.client_secret:
            arguments["client_credential"] = settings.client_secret
            yield msal.ConfidentialClientApplication(settings.client_id, **arguments)
        else:
            yield msal.PublicClientApplication(settings.client_id, **arguments)


def _microsoft_app(settings: ImapSettings) -> Access:
    with microsoft(settings) as client:
        return access_of(client.acquire_token_for_client([MICROSOFT_APP_SCOPE]), "")


def _microsoft_person(name: str, settings: ImapSettings, db: Database) -> Access:
    old = _refresh_token(name, db)
    with microsoft(settings) as client:
        answer = client.acquire_token_by_refresh_token(old, [MICROSOFT_SCOPE])
    access = access_of(answer, name)
    if new := answer.get("refresh_token", ""):
        mailboxes.keep_refresh_token(db, name, new)
    return access


def access_of(answer: dict[str, Any], name: str) -> Access:
    """What the provider answered. `name` is the mailbox, if a person can sign in for it.

    Raises `SignInFailed` with the words of its error.
    """
    if token := answer.get("access_token"):
        return Access(token, float(answer.get("expires_in", 0)))
    code = str(answer.get("error", "no token"))
    words = str(answer.get("error_description", "")).partition("\n")[0].strip()[:200]
    mend = f"; sign in again: mailflow oauth login {name}" if name else ""
    raise SignInFailed(f"the sign-in was refused ({code}): {words}{mend}")


def _google_account(settings: ImapSettings) -> Access:
    service_account = _load("google.oauth2.service_account")
    with explained():
        credentials = service_account.Credentials.from_service_account_file(
            settings.service_account_file, scopes=[GOOGLE_SCOPE], subject=settings.username
        )
        if settings.authority:
            credentials = credentials.with_token_uri(google_token_uri(settings))
        return _google(settings, credentials, "")


def _google_person(name: str, settings: ImapSettings, db: Database) -> Access:
    kept = _refresh_token(name, db)
    credentials_of = _load("google.oauth2.credentials").Credentials
    with explained():
        credentials = credentials_of(
            None,
            refresh_token=kept,
            token_uri=google_token_uri(settings),
            client_id=settings.client_id,
            client_secret=settings.client_secret,
        )
        access = _google(settings, credentials, name)
    if credentials.refresh_token != kept:
        mailboxes.keep_refresh_token(db, name, credentials.refresh_token)
    return access


def google_token_uri(settings: ImapSettings) -> str:
    """Where Google hands out tokens."""
    return f"{settings.authority.rstrip('/')}/token" if settings.authority else GOOGLE_TOKEN


def _google(settings: ImapSettings, credentials: Any, name: str) -> Access:
    refused = _load("google.auth.exceptions").RefreshError
    transport = _load("google.auth.transport.requests").Request
    try:
        with closing(http_session(settings)) as session:
            credentials.refresh(transport(session))
    except refused as error:
        described = error.args[1] if len(error.args) > 1 else {}
        answer = described if isinstance(described, dict) else {"error": str(error.args[0])}
        return access_of(answer, name)  # raises
    left = credentials.expiry.replace(tzinfo=UTC).timestamp() - time.time()
    return Access(credentials.token, left)


def http_session(settings: ImapSettings) -> Any:
    """A session of the package requests: with a time-out, and with our authorities."""
    session = _load("requests").Session()
    plain = session.request

    def request(method: str, url: str, **arguments: Any) -> Any:
        arguments["timeout"] = settings.timeout_s
        if settings.ca_file:  # said with each request, or REQUESTS_CA_BUNDLE would come before it
            arguments["verify"] = settings.ca_file
        return plain(method, url, **arguments)

    session.request = request
    return session


def _refresh_token(name: str, db: Database) -> str:
    token, _ = mailboxes.refresh_token(db, name)
    if not token:
        raise SignInFailed(f"nobody has signed in yet: mailflow oauth login {name}")
    return token


def _load(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise SignInFailed(
            "OAuth needs more packages, the extra 'oauth': pip install '.[oauth]' in the checkout"
        ) from error


@contextmanager
def explained() -> Iterator[None]:
    """Turns whatever the packages raise into `SignInFailed`, without inner detail."""
    try:
        yield
    except SignInFailed:
        raise
    except Exception as error:
        raise SignInFailed(f"the sign-in cannot be asked ({type(error).__name__})") from error
