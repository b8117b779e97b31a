"""A sign-in service on this machine, with TLS: the token endpoints of both providers (RFC 6749)."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import trustme


class SignIn:
    """`answers` are given one after the other, the last for ever; `asked` is what was posted."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[dict[str, str]] = []
        self.answers: list[tuple[int, dict[str, Any]]] = []
        authority = trustme.CA()
        self.ca_file = str(folder / "ca.pem")
        authority.cert_pem.write_to_path(self.ca_file)
        certificate = authority.issue_cert("localhost")
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                base = f"https://localhost:{outer.port}/tenant"
                self.answer(
                    200,
                    {
                        "issuer": f"{base}/v2.0",
                        "authorization_endpoint": f"{base}/authorize",
                        "token_endpoint": f"{base}/token",
                        "device_authorization_endpoint": f"{base}/device",
                    },
                )

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                posted = {name: values[0] for name, values in parse_qs(body).items()}
                outer.asked.append(posted)
                if self.path.endswith("/device"):
                    self.answer(200, outer.device)
                    return
                status, answer = outer.answers[0]
                if len(outer.answers) > 1:
                    del outer.answers[0]
                self.answer(status, answer)

            def answer(self, status: int, value: dict[str, Any]) -> None:
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self.device: dict[str, Any] = {
            "device_code": "device", "user_code": "ABCD", "verification_uri": "https://x.example",
            "expires_in": 900, "interval": 1, "message": "open the page and enter ABCD",
        }  # fmt: skip
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @property
    def authority(self) -> str:
        return f"https://localhost:{self.port}/tenant"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def token(access: str, refresh: str = "", seconds: int = 3600) -> tuple[int, dict[str, Any]]:
    """What a provider answers when all is well."""
    answer: dict[str, Any] = {"token_type": "Bearer", "access_token": access, "expires_in": seconds}
    return 200, answer | ({"refresh_token": refresh} if refresh else {})


DEAD = (400, {"error": "invalid_grant", "error_description": "AADSTS700082: it has expired.\r\nx"})


@contextmanager
def signing_in(folder: Path) -> Iterator[SignIn]:
    """The service runs within the block."""
    stub = SignIn(folder)
    try:
        yield stub
    finally:
        stub.stop()
