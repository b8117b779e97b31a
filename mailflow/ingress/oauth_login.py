"""The one time that a person signs in for a mailbox; afterwards `oauth` renews that by itself."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from contextlib import closing
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from mailflow.config import ImapSettings
from mailflow.ingress.oauth import (
    GOOGLE_SCOPE,
    MICROSOFT_SCOPE,
    SignInFailed,
    access_of,
    explained,
    google_token_uri,
    http_session,
    microsoft,
)

GOOGLE_PAGE = "https://accounts.google.com/o/oauth2/v2/auth"
#: Registered for every desktop application; any port will do.
GOOGLE_REDIRECT = "http://127.0.0.1:8976"


def microsoft_login(settings: ImapSettings, show: Callable[[str], None]) -> str:
    """Let a person sign in with a code (RFC 8628); the refresh token. Waits until that is done.

    `show` is told where to go and which code to enter. Raises `SignInFailed`.
    """
    with microsoft(settings) as client:
        flow = client.initiate_device_flow([MICROSOFT_SCOPE])
        if "user_code" not in flow:
            access_of(flow, "")
        show(str(flow["message"]))
        answer = client.acquire_token_by_device_flow(flow)
    access_of(answer, "")
    return _kept(answer)


def google_login(settings: ImapSettings, ask: Callable[[str], str]) -> str:
    """Let a person sign in (RFC 8252, PKCE by RFC 7636); the refresh token.

    `ask` is given the address to open, and returns the one at which the browser ended: nobody
    listens there, but the code stands in it. Raises `SignInFailed`.
    """
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    query = urlencode(
        {
            "response_type": "code",
            "client_id": settings.client_id,
            "redirect_uri": GOOGLE_REDIRECT,
            "scope": GOOGLE_SCOPE,
            "access_type": "offline",
            "prompt": "consent",  # or a second sign-in brings no refresh token
            "login_hint": settings.username,
            "state": state,
            "code_challenge": challenge.decode().rstrip("="),
            "code_challenge_method": "S256",
        }
    )
    page = f"{settings.authority.rstrip('/')}/auth" if settings.authority else GOOGLE_PAGE
    back = parse_qs(urlsplit(ask(f"{page}?{query}").strip()).query)
    if back.get("state") != [state] or "code" not in back:
        raise SignInFailed("that is not the address at which this sign-in ended")
    with explained(), closing(http_session(settings)) as session:
        posted = {
            "grant_type": "authorization_code",
            "code": back["code"][0],
            "code_verifier": verifier,
            "redirect_uri": GOOGLE_REDIRECT,
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
        }
        answer = session.post(google_token_uri(settings), data=posted).json()
    access_of(answer, "")
    return _kept(answer)


def _kept(answer: dict[str, Any]) -> str:
    token = answer.get("refresh_token")
    if not isinstance(token, str) or not token:
        raise SignInFailed("the provider gave no lasting sign-in (no refresh token)")
    return token
