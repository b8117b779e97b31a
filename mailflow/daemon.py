"""The composition root: builds everything from the configuration, starts and stops the threads.

The threads meet only in the database. A fault in one message stays in its loop; a thread that
dies ends the program with exit code 1, for the supervisor to start it again. TERM and INT stop it
cleanly: nothing new is taken, what is in work is finished or given back.
"""

from __future__ import annotations

import gc
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial
from pathlib import Path

from mailflow import __version__, maillog
from mailflow.authenticate import Authenticator, resolver
from mailflow.config import Config
from mailflow.config.kinds import split_host_port
from mailflow.core.commands import Actor, AddressFailed
from mailflow.core.retry import Backoff
from mailflow.core.token import is_ours
from mailflow.delivery.capture import Capture, Redirect
from mailflow.delivery.relay import Relay
from mailflow.delivery.sender import Sender
from mailflow.delivery.talk import Carrier
from mailflow.flow import Contested, Flow
from mailflow.ingress.committer import Committer
from mailflow.ingress.imap import ImapIngress
from mailflow.ingress.imap_mail import Addresses
from mailflow.ingress.rush import Rush
from mailflow.ingress.smtp import SmtpIngress
from mailflow.letters import Letters
from mailflow.metrics import Metrics
from mailflow.processor import Processor
from mailflow.store import inbox, migrate
from mailflow.store.db import Database, Unavailable
from mailflow.store.outbox import ClaimedMail
from mailflow.store.watch import Watch
from mailflow.timers import Timers
from mailflow.web.console import console
from mailflow.web.health import admin
from mailflow.web.heart import HUNG_S, Heart
from mailflow.web.pages import pages
from mailflow.web.server import Server
from mailflow.web.vitals import Account, ready, refresh

ROLES = frozenset({"smtp", "imap", "processor", "sender", "timers", "web"})
#: The loop of a mailbox waits in IDLE for up to 28 minutes, and rests after refused logins.
MAILBOX_HUNG_S = HUNG_S + 3600.0
#: TERM must be done within ten seconds; each thread gets what is left of them.
STOP_WITHIN_S = 9.0
#: The collector looks when there are so many new objects; at Python's own 700 that costs 5 %.
GARBAGE = 10_000


class NotReadyError(Exception):
    """The program cannot run: the database's schema is in this state (`migrate.state`)."""


class Daemon:
    """The service, or the part of it that `roles` names.

    `db` is given when the caller keeps the database (the demo does); otherwise it is opened here,
    and its schema must be current. `letters` is given when they are loaded already.
    """

    def __init__(
        self,
        config: Config,
        *,
        roles: Collection[str] = ROLES,
        db: Database | None = None,
        letters: Letters | None = None,
    ) -> None:
        self.config = config
        self.db = db or Database(config.database.url)
        self.metrics = Metrics()
        self._account = Account(self.db, self.metrics)
        self.flow = Flow(self.db, letters or _letters(config), config, bell=self._ring_sender)
        self._stop = threading.Event()
        self._dead = threading.Event()
        self._threads: list[threading.Thread] = []
        self._hearts: dict[str, Heart] = {}
        self._loops: dict[str, Callable[[threading.Event], None]] = {}
        dns = resolver(config.trust.nameservers, home=config.service.domain)
        self._door, self._committer = self._build_door()
        self._processor = Processor(
            self.flow,
            Authenticator(config.trust, dns),
            self._count,
            cut_off=dns.nobody_answers,
            let_in=Rush(lambda: self._committer.taken).let_in,
        )
        self._sender = self._build_sender()
        self._web = self._build_web()
        self._roles = frozenset(roles)
        self._mailboxes = self._build_imap()
        self._side = self._build_side()
        self._watch = Watch(self.db, ",".join(sorted(self._roles)), self._on_ring)
        if "processor" in self._roles:
            self._loops["processor"] = self._processor.run
        if "sender" in self._roles:
            self._loops["sender"] = self._sender.run
        if "timers" in self._roles:
            self._loops["timers"] = Timers(self.flow, busy=lambda: self._processor.busy).run
        self._loops |= self._mailboxes.loops

    # -- building ------------------------------------------------------------------------------

    def _build_sender(self) -> Sender:
        delivery = self.config.delivery

        def carrier() -> Carrier:
            if delivery.mode == "capture":
                return Capture()
            relay = Relay(delivery, self.config.service.domain)
            if delivery.redirect_to or delivery.allow_recipients:
                return Redirect(relay, delivery.redirect_to, delivery.allow_recipients)
            return relay

        return Sender(
            self.db,
            carrier,
            Backoff(
                first=timedelta(seconds=delivery.first_retry_s),
                longest=timedelta(seconds=delivery.max_retry_s),
                give_up=timedelta(days=delivery.give_up_days),
            ),
            carriers=1 if delivery.mode == "capture" else delivery.connections,
            on_failed=self._on_failed,
            chance=random.random,
            metrics=self.metrics,
        )

    def _build_door(self) -> tuple[SmtpIngress, Committer]:
        service, settings = self.config.service, self.config.ingress.smtp
        committer = Committer(
            partial(inbox.put_many, self.db),
            group_max=settings.group_commit_max,
            on_stored=self._ring_processor,
            metrics=self.metrics,
        )
        bounce = f"{service.bounce_local}@{service.domain}"
        ours = partial(_is_ours, addresses=(service.address, bounce))
        door = SmtpIngress(settings, ours, committer.submit, self.metrics, self._has_room)
        return door, committer

    def _build_imap(self) -> ImapIngress:
        service = self.config.service
        return ImapIngress(
            self.config.ingress.imap if "imap" in self._roles else {},
            Addresses(service.address, (f"{service.bounce_local}@{service.domain}",)),
            self.db,
            self._committer.submit,
            self.metrics,
            has_room=self._has_room,
        )

    def _build_web(self) -> Server:
        web = self.config.web
        host, port = _place(web.listen)
        app = pages(
            self.flow,
            self.config.service,
            templates=_folder(self.config.service.templates),
            temporary=(Unavailable, Contested),
            on_fault=lambda error: maillog.trouble(loop="web", error=error),
        )
        return Server(app, host, port, trusted_proxies=web.trusted_proxies)

    def _build_side(self) -> dict[str, Server]:
        """The pages that are not for everybody: health, and the operator's console."""
        servers = {}
        web, settings = self.config.web, self.config.console
        if web.admin_listen:
            app = admin(
                alive={"loops": self._dead_loops, "door": self._door.answers},
                ready={**ready(self.db), "mailboxes": self._mailboxes.health},
                registry=self.metrics.told,
                refresh=self._refresh,
                on_fault=lambda error: maillog.trouble(loop="health", error=error),
            )
            host, port = _place(web.admin_listen)
            servers["health"] = Server(app, host, port, name="health")
        if settings.enabled and "web" in self._roles:
            app = console(
                self.flow,
                templates=_folder(self.config.service.templates),
                on_fault=lambda error: maillog.trouble(loop="console", error=error),
            )
            host, port = _place(settings.listen)
            servers["console"] = Server(
                app, host, port, trusted_proxies=settings.trusted_proxies, name="console"
            )
        return servers

    # -- running -------------------------------------------------------------------------------

    @property
    def smtp_port(self) -> int:
        """The bound port of the first listener."""
        return self._door.ports[0]

    @property
    def web_port(self) -> int:
        """The bound port of the pages."""
        return self._web.port

    @property
    def side_ports(self) -> dict[str, int]:
        """The bound ports of the health pages ("health") and the console ("console")."""
        return {name: server.port for name, server in self._side.items()}

    def start(self) -> None:
        """Start everything. Raises `NotReadyError` or OSError, and leaves nothing running then."""
        if (state := migrate.state(self.db)) != "current":
            raise NotReadyError(state)
        try:
            self._watch.start()
            if self._takes_mail():
                self._committer.start()
            for name, loop in self._loops.items():
                self._spawn(name, loop)
            if "web" in self._roles and self.config.web.enabled:
                _open("web.listen", self.config.web.listen, self._web.start)
            for name, server in self._side.items():
                setting, place = self._side_place(name)
                _open(setting, place, server.start)
            if "smtp" in self._roles and self.config.ingress.smtp.enabled:
                _open("ingress.smtp.listen", "", self._door.start)
        except BaseException:
            self.stop()
            raise
        for name, server in {"web": self._web, **self._side}.items():
            if server.alive:
                maillog.listening(url=f"http://{server.host}", port=server.port, name=name)
        maillog.started(roles=",".join(sorted(self._roles)), version=__version__)

    def _side_place(self, name: str) -> tuple[str, str]:
        """The setting that says where a server beside the pages listens, and what it says."""
        if name == "health":
            return "web.admin_listen", self.config.web.admin_listen
        return "console.listen", self.config.console.listen

    def wait(self, wake: threading.Event) -> bool:
        """Wait until `wake` is set (True) or a thread has died (False)."""
        while not wake.wait(0.5):
            if self._dead.is_set() or not self._alive():
                return False
        return True

    def stop(self) -> None:
        """Take nothing new, finish or give back what is in work, close. Harmless twice."""
        deadline = time.monotonic() + STOP_WITHIN_S
        self._stop.set()
        self._door.stop()
        self._mailboxes.stop()
        self._committer.stop()
        for server in (self._web, *self._side.values()):
            server.stop()
        self._processor.ring()
        self._sender.ring()
        for thread in self._threads:
            thread.join(max(0.1, deadline - time.monotonic()))
        self._watch.stop()

    def _spawn(self, name: str, loop: Callable[[threading.Event], None]) -> None:
        hung_s = MAILBOX_HUNG_S if name in self._mailboxes.loops else HUNG_S
        heart = self._hearts[name] = Heart(self._stop, hung_s)

        def body() -> None:
            try:
                loop(heart)
            except BaseException as error:
                maillog.thread_died(loop=name, error=error)
                self._dead.set()

        thread = threading.Thread(target=body, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _alive(self) -> bool:
        """Whether the threads that are not ours (watch, door, committer, web) still run."""
        smtp = "smtp" in self._roles and self.config.ingress.smtp.enabled
        web = "web" in self._roles and self.config.web.enabled
        return (
            self._watch.thread.is_alive()
            and (not smtp or self._door.thread.is_alive())
            and (not self._takes_mail() or self._committer.thread.is_alive())
            and (not web or self._web.alive)
            and all(server.alive for server in self._side.values())
        )

    def _takes_mail(self) -> bool:
        """Whether mail comes in here, by whatever way."""
        smtp = "smtp" in self._roles and self.config.ingress.smtp.enabled
        return smtp or bool(self._mailboxes.loops)

    def _has_room(self) -> bool:
        """Whether the disk of the database, if it is ours to look at, can take more mail."""
        if self.db.dialect != "sqlite":
            return True
        return shutil.disk_usage(self.db.file.parent).free >= self.config.database.min_free_bytes

    def _refresh(self) -> None:
        """Read the gauges of /metrics."""
        refresh(self.db, self.metrics)
        self._account.refresh()

    def _dead_loops(self) -> str:
        """For /livez: the loops that have ended by themselves, or hang."""
        dead = [thread.name for thread in self._threads if not thread.is_alive()]
        troubles = [f"{', '.join(dead)} has ended"] if dead else []
        troubles += [
            f"{name} has not moved for {silent:.0f} s"
            for name, heart in self._hearts.items()
            if name not in dead and (silent := heart.silent_s())
        ]
        if (busy := self._committer.busy_s()) > HUNG_S:
            troubles.append(f"the committer has not moved for {busy:.0f} s")
        return "; ".join(troubles)

    # -- what the rooms tell each other --------------------------------------------------------

    def _ring_processor(self) -> None:
        """There is mail. Who does not work on it himself tells the other machines."""
        self._processor.ring()
        if "processor" not in self._roles:
            self._watch.ring("inbox")

    def _ring_sender(self) -> None:
        """There are letters."""
        self._sender.ring()
        if "sender" not in self._roles:
            self._watch.ring("outbox")

    def _on_ring(self, what: str) -> None:
        """Another machine rang, or a dead worker's mails wait again."""
        if what != "outbox":
            self._processor.ring()
        if what != "inbox":
            self._sender.ring()

    def _on_failed(self, mail: ClaimedMail, reason: str) -> None:
        """A letter failed for good: its request is told (DOMAIN.md §5, feature 3)."""
        if mail.request_id is None:
            return
        command = AddressFailed(mail.recipient, reason, mail.kind)
        self.flow.apply(command, mail.request_id, Actor("system", evidence="relay"))

    def _count(self, kind: str, outcome: str) -> None:
        self.metrics.processed.labels(kind, outcome).inc()


def prepare(config: Config) -> Letters:
    """What can be loaded once for several processes that are forked afterwards.

    Raises `NotReadyError`, `Unavailable` or `LetterError`, as starting would.
    """
    maillog.configure(config.log)
    db = Database(config.database.url)
    try:
        if (state := migrate.state(db)) != "current":
            raise NotReadyError(state)
    finally:
        db.close()  # what is open may not be shared with a fork
    return _prepared(config)


def run(
    config: Config,
    roles: Collection[str] = ROLES,
    *,
    letters: Letters | None = None,
    leash: int | None = None,
) -> int:
    """Run until TERM or INT; a second one quits at once. Exit code: 0 clean, 1 a thread died.

    It also ends when the file descriptor `leash` comes to its end: whoever holds the other end has
    let go of it.
    """
    maillog.configure(config.log)
    if letters is None and "processor" in roles:
        letters = _prepared(config)
    daemon = Daemon(config, roles=roles, letters=letters)
    wake = threading.Event()
    if leash is not None:
        threading.Thread(target=_until_let_go, args=(leash, wake), daemon=True).start()

    def on_signal(number: int, _frame: object) -> None:
        if wake.is_set():
            os._exit(128 + number)
        wake.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    daemon.start()
    _collect_seldom()
    clean = daemon.wait(wake)
    daemon.stop()
    daemon.db.close()
    maillog.stopped(reason="told to" if clean else "a thread died")
    return 0 if clean else 1


def _collect_seldom() -> None:
    """What has been loaded stays, and a mail leaves few cycles behind: look for them less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


def _until_let_go(leash: int, wake: threading.Event) -> None:
    while os.read(leash, 1):
        pass
    wake.set()


def _is_ours(address: str, *, addresses: tuple[str, ...]) -> bool:
    return is_ours(address, *addresses)


def _prepared(config: Config) -> Letters:
    letters = _letters(config)
    letters.prepare()
    return letters


def _letters(config: Config) -> Letters:
    return Letters(config.service, _folder(config.service.templates))


def _open(setting: str, place: str, start: Callable[[], None]) -> None:
    """Start what listens; where it cannot, the OSError names the setting to change."""
    try:
        start()
    except OSError as error:
        where = " ".join(filter(None, (setting, place)))
        raise OSError(error.errno, f"{where}: {error.strerror or error}") from error


def _place(setting: str) -> tuple[str, int]:
    """Host and port of a checked HOST:PORT."""
    place = split_host_port(setting)
    assert place is not None
    return place


def _folder(setting: str) -> Path | None:
    return Path(setting) if setting else None
