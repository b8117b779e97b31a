"""The server in its thread: ports, slow clients, stopping; and the health page in it."""

from __future__ import annotations

import socket
import threading
import time

import httpx2
import pytest
from prometheus_client import CollectorRegistry, Counter
from starlette.testclient import TestClient

from mailflow.web import health, shield
from mailflow.web import server as server_module
from mailflow.web.health import admin
from mailflow.web.pages import pages
from mailflow.web.server import Server
from tests.edges.web_door import TOKEN, MemoryDoor, service

HERE = f"/a/{TOKEN}"


def site(door: MemoryDoor | None = None, **options: object) -> Server:
    app = pages(door or MemoryDoor(), service(public_url="http://127.0.0.1"))
    return Server(app, **options)  # type: ignore[arg-type]


def test_several_servers_on_several_ports_stop_for_themselves() -> None:
    servers = [site() for _ in range(3)]
    for server in servers:
        server.start()
    try:
        assert len({server.port for server in servers}) == 3
        for server in servers:
            assert httpx2.get(f"http://127.0.0.1:{server.port}{HERE}").status_code == 200
    finally:
        for server in servers:
            server.stop()
    assert not any(server.alive for server in servers)
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"http://127.0.0.1:{servers[0].port}/")
    servers[0].stop()


def test_a_port_in_use_is_an_error_of_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = site(port=taken.getsockname()[1])
        with pytest.raises(OSError):
            server.start()
        assert not server.alive
        server.stop()


def test_the_main_threads_signals_stay_its_own() -> None:
    import signal

    before = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}
    server = site()
    server.start()
    try:
        assert {s: signal.getsignal(s) for s in before} == before
    finally:
        server.stop()


def test_slow_clients_are_closed_and_hold_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "IDLE_SECONDS", 0.2)
    server = site()
    server.start()
    try:
        address = ("127.0.0.1", server.port)
        slow = [socket.create_connection(address, timeout=5) for _ in range(20)]
        for number, client in enumerate(slow):
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: " if number % 2 else b"")
        assert httpx2.get(f"http://127.0.0.1:{server.port}{HERE}", timeout=1).status_code == 200
        for client in slow:
            assert client.recv(1000) in (b"",)  # closed by the server, within the timeout
            client.close()
    finally:
        server.stop()


def test_two_hundred_idle_connections_hold_up_nobody() -> None:
    server = site()
    server.start()
    address = ("127.0.0.1", server.port)
    held = [socket.create_connection(address, timeout=5) for _ in range(220)]
    try:
        for _ in range(3):
            page = httpx2.get(f"http://127.0.0.1:{server.port}{HERE}", timeout=1)
            assert page.status_code == 200
        assert held[0].recv(10) == b""  # the oldest made room
        held[-1].settimeout(0.05)
        with pytest.raises(TimeoutError):
            held[-1].recv(10)
    finally:
        for connection in held:
            connection.close()
        server.stop()


def test_a_form_that_trickles_in_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shield, "FORM_SECONDS", 0.2)
    door = MemoryDoor()
    server = site(door)
    server.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
            client.sendall(
                b"POST " + HERE.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n\r\ndo=acc"
            )
            assert client.recv(100).startswith(b"HTTP/1.1 408 ")
        assert door.effects == []
    finally:
        server.stop()


def test_whoever_leaves_in_the_middle_of_a_form_is_no_fault() -> None:
    heard: list[BaseException] = []
    door = MemoryDoor()
    app = pages(door, service(public_url="http://127.0.0.1"), on_fault=heard.append)
    server = Server(app)
    server.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
            client.sendall(
                b"POST " + HERE.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n\r\ndo=acc"
            )
        assert httpx2.get(f"http://127.0.0.1:{server.port}{HERE}").status_code == 200
    finally:
        server.stop()
    assert heard == []
    assert door.effects == []


def test_stopping_does_not_wait_for_a_client_that_keeps_its_connection() -> None:
    server = site()
    server.start()
    with httpx2.Client() as client:
        client.get(f"http://127.0.0.1:{server.port}{HERE}")
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 3
    assert not server.alive


def test_an_endless_header_is_refused() -> None:
    server = site()
    server.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 20_000)
            assert client.recv(100).startswith(b"HTTP/1.1 400 ")
        assert httpx2.get(f"http://127.0.0.1:{server.port}{HERE}").status_code == 200
    finally:
        server.stop()


@pytest.mark.parametrize(("trusted", "slowed"), [((), 429), (("127.0.0.1",), 404)])
def test_only_a_trusted_proxy_says_who_the_client_is(trusted: tuple[str, ...], slowed: int) -> None:
    server = site(trusted_proxies=trusted)
    server.start()
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{server.port}") as client:
            for i in range(30):
                last = client.get("/a/wrong", headers={"x-forwarded-for": f"198.51.100.{i}"})
        assert last.status_code == slowed
    finally:
        server.stop()


# --- health


def asked(path: str, **checks: health.Check) -> tuple[int, dict[str, object]]:
    app = admin(alive=checks, ready=checks, registry=CollectorRegistry())
    answer = TestClient(app).get(path)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_is_the_sum_of_its_checks(path: str) -> None:
    assert asked(path) == (200, {"status": "ok", "checks": {}})
    assert asked(path, database=lambda: "") == (200, {"status": "ok", "checks": {"database": "ok"}})
    assert asked(path, database=lambda: "", schema=lambda: "old: run mailflow migrate") == (
        503,
        {"status": "failing", "checks": {"database": "ok", "schema": "old: run mailflow migrate"}},
    )


def test_a_check_that_raises_tells_the_log_not_the_world() -> None:
    heard: list[BaseException] = []

    def broken() -> str:
        raise RuntimeError("password=secret")

    app = admin(alive={}, ready={"db": broken}, registry=CollectorRegistry(), on_fault=heard.append)
    answer = TestClient(app).get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"db": "the check itself failed"}
    assert len(heard) == 1


def test_a_check_that_hangs_is_an_answer_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.1)
    hold = threading.Event()
    try:
        status, body = asked("/readyz", stuck=lambda: str(hold.wait(30)), fine=lambda: "")
    finally:
        hold.set()
    assert status == 503
    assert body["checks"] == {"stuck": "no answer in time", "fine": "ok"}


def test_metrics_are_those_of_the_given_registry() -> None:
    registry = CollectorRegistry()
    Counter("mailflow_mails", "Mails", registry=registry).inc(3)
    answer = TestClient(admin(alive={}, ready={}, registry=registry)).get("/metrics")
    assert answer.status_code == 200
    assert "mailflow_mails_total 3.0" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert "python_info" not in answer.text


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_health_takes_no_post(path: str) -> None:
    app = admin(alive={}, ready={}, registry=CollectorRegistry())
    assert TestClient(app).post(path).status_code == 405
