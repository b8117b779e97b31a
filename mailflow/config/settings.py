"""Every setting there is, as frozen models. The descriptions are the documentation.

`config.example.toml`, the file that `mailflow init` writes and docs/reference/configuration.md
are made from these models, and tests hold them equal. A default stands here with its reason.
Seconds end in `_s`, bytes in `_bytes`, days in `_days`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from mailflow.config import kinds
from mailflow.config.base import PATH, SECRET, Settings
from mailflow.config.imap import ImapSettings
from mailflow.core.policy import Policy


class BrandSettings(Settings):
    """How letters and pages look. All of it may stay empty."""

    name: kinds.OptionalLine = ""
    """Name in the head of letters; empty = organisation."""
    colour: kinds.Colour = "#1f4e79"
    """Colour of head and buttons; white text must be readable on it."""
    logo_file: str = Field(default="", json_schema_extra=PATH)
    """PNG or JPEG image, attached to letters; empty = none."""
    address_line: kinds.OptionalLine = ""
    """Postal address in the foot of letters; empty = none."""


class ServiceSettings(Settings):
    """Who offers the service, under which addresses, links and languages."""

    organisation: kinds.Line
    """Name of the vendor, as partners and customers know it."""
    account_term: kinds.Line = "Smart Account"
    """What an account is called in letters and pages."""
    address: kinds.Address
    """Where requests are sent. Answers come to the same address with a tag: requests+TAG@…."""
    bounce_local: kinds.LocalPart = "bounce"
    """Local part of the return path (bounce+TAG@), in the domain of `address`."""
    sender_name: kinds.OptionalLine = ""
    """Name beside the sender address; empty = organisation."""
    public_url: kinds.BaseUrl
    """How the outside world reaches our web pages; links in letters begin with it."""
    support_url: kinds.Link
    """Where somebody opens a case with licensing support."""
    feedback_url: kinds.Link
    """Where somebody leaves feedback on this service."""
    terms_url: kinds.OptionalLink = ""
    """What the customer accepts by activating; empty = no link."""
    guide_url: kinds.OptionalLink = ""
    """What the service is, for customers who never heard of it; linked from their letters and
    pages. Such as your copy of docs/guide/customer.en.md; empty = the page at "/" of ours."""
    account_url: kinds.OptionalLink = ""
    """Where people sign in to their account, told to administrators and users; empty = not told."""
    account_is_free: bool = False
    """Whether an account costs nothing and orders nothing; the customer is then told so."""
    operator_address: kinds.Address
    """Mailbox of licensing support: cases, holds and alarms go there."""
    internal_domains: tuple[kinds.Domain, ...] = ()
    """The vendor's own mail domains: their people may not request, unless registered as support."""
    languages: tuple[kinds.Language, ...] = Field(default=("en", "es", "pt"), min_length=1)
    """Languages in which letters are written."""
    default_language: kinds.Language = "en"
    """Language for people of whom we know none."""
    time_zone: kinds.TimeZone = "UTC"
    """Zone in which letters and pages show dates. Deadlines count in UTC."""
    templates: str = Field(default="", json_schema_extra=PATH)
    """Folder with your own letters and pages; empty = ours."""
    brand: BrandSettings = BrandSettings()

    @property
    def local(self) -> str:
        """The intake address before the @."""
        return self.address.rpartition("@")[0]

    @property
    def domain(self) -> str:
        """The intake address after the @."""
        return self.address.rpartition("@")[2]

    def reply_address(self, token: str) -> str:
        """The secret address that answers to one letter (DESIGN.md §2.4)."""
        return f"{self.local}+{token}@{self.domain}"

    def bounce_address(self, token: str) -> str:
        """The return path of one letter."""
        return f"{self.bounce_local}+{token}@{self.domain}"


class DatabaseSettings(Settings):
    """Where everything is kept."""

    url: kinds.DatabaseUrl = Field(
        default="sqlite:///mailflow.db", repr=False, json_schema_extra={**SECRET, **PATH}
    )
    """sqlite:///FILE for one machine, postgresql://USER:PASSWORD@HOST/NAME for one or more. In the
    password @ is written %40, / is %2F."""
    url_file: str = Field(default="", json_schema_extra=PATH)
    """File that holds the url, when it contains a password."""
    min_free_bytes: int = Field(default=104_857_600, ge=0)
    """Free bytes on the disk of an SQLite file below which new mail is answered 452, so that the
    work begun can be finished; 0 = never."""


class SmtpIngressSettings(Settings):
    """The door for mail: SMTP and LMTP."""

    enabled: bool = True
    """Whether this door is open."""
    listen: tuple[kinds.Listen, ...] = Field(
        default=("smtp://127.0.0.1:8025", "lmtp://127.0.0.1:8024"), min_length=1
    )
    """Where to listen, smtp://HOST:PORT or lmtp://HOST:PORT. Port 0 takes any free one."""
    hostname: kinds.Hostname = ""
    """Name in our greeting; empty = the machine's own."""
    max_message_bytes: int = Field(default=10_485_760, ge=65_536, le=104_857_600)
    """Largest message taken; 10 MiB holds any request with attachments."""
    max_connections: int = Field(default=200, ge=1, le=10_000)
    """Connections at one time. Some servers allow fewer, Exchange Online for instance 3."""
    max_connections_per_address: int = Field(default=50, ge=1, le=10_000)
    """Connections at one time from one IP address. A mail server in front of us counts as one."""
    max_recipients: int = Field(default=100, ge=1, le=1000)
    """Recipients of one message; RFC 5321 section 4.5.3.1.8 asks for 100."""
    max_errors: int = Field(default=10, ge=1, le=100)
    """Bad commands before we hang up."""
    idle_timeout_s: float = Field(default=300, gt=0, le=3600)
    """Silence before we hang up, in seconds; RFC 5321 section 4.5.3.2.7 says 5 minutes."""
    session_timeout_s: float = Field(default=1800, gt=0, le=86_400)
    """Longest connection, in seconds."""
    group_commit_max: int = Field(default=100, ge=1, le=1000)
    """Messages that may share one commit."""
    tls_cert_file: str = Field(default="", json_schema_extra=PATH)
    """Certificate chain (PEM) for STARTTLS; empty = not offered."""
    tls_key_file: str = Field(default="", json_schema_extra=PATH)
    """Private key (PEM) of the certificate."""
    require_tls: bool = False
    """Whether a client must use STARTTLS before it sends mail."""


class IngressSettings(Settings):
    """The ways in."""

    smtp: SmtpIngressSettings = SmtpIngressSettings()
    imap: Mapping[str, ImapSettings] = Field(default_factory=dict)


#: A mode for one way in only.
_SpecialMode = Literal["same", "trusted_verifier", "trusted_peers", "own_check"]


class TrustSettings(Settings):
    """How we know who really sent a mail. Without proof nothing happens."""

    mode: Literal["trusted_verifier", "trusted_peers", "own_check"] = "trusted_verifier"
    """trusted_verifier: your mail server checks and says so in Authentication-Results.

    trusted_peers: whatever the peers below hand in is taken as proven.

    own_check: mailflow checks DKIM, SPF and DMARC itself."""
    smtp_mode: _SpecialMode = "same"
    """The mode for mail that comes by SMTP or LMTP; same = mode."""
    imap_mode: _SpecialMode = "same"
    """The mode for mail that is fetched from a mailbox; same = mode."""
    authserv_ids: tuple[kinds.Line, ...] = ()
    """Names by which your own mail server signs its Authentication-Results."""
    topmost_without_id: bool = False
    """Whether the topmost Authentication-Results is your server's when it carries no name at all.
    Microsoft 365 writes none."""
    trusted_peers: tuple[kinds.Network, ...] = ()
    """IP addresses or networks of your own mail servers. By SMTP and LMTP, trusted_verifier and
    trusted_peers believe only them; empty = trusted_verifier believes this machine alone."""
    nameservers: tuple[kinds.Nameserver, ...] = ()
    """Name servers that own_check asks, IP or IP:PORT; empty = those of the system. Whoever
    answers there decides who is proven: a resolver of yours, best on this machine."""
    unproven_replies: Literal["page", "quarantine"] = "page"
    """What becomes of a customer's reply with the right tag but without proof.

    page: he is pointed once to the web page.

    quarantine: it is set aside in silence."""


class DeliverySettings(Settings):
    """How mail leaves: through one mail server of yours (smarthost), which also signs it."""

    mode: Literal["smtp", "capture"] = "smtp"
    """smtp: mail is sent. capture: it is only kept and shown (demo, staging)."""
    host: kinds.Hostname = ""
    """Your outgoing mail server."""
    port: int = Field(default=25, ge=1, le=65_535)
    """Its port: 25 inside your network, 587 with login, 465 with tls."""
    security: Literal["none", "starttls", "tls"] = "starttls"
    """none only on the same machine or a closed network."""
    ca_file: str = Field(default="", json_schema_extra=PATH)
    """Authorities (PEM) that vouch for its certificate; empty = those of the system."""
    username: str = ""
    """Login; empty = none."""
    password: str = Field(default="", repr=False, json_schema_extra=SECRET)
    """Password of the login; better in a file, below."""
    password_file: str = Field(default="", json_schema_extra=PATH)
    """File that holds the password."""
    timeout_s: float = Field(default=600, ge=1, le=3600)
    """Wait for an answer, in seconds; RFC 5321 section 4.5.3.2.6 says 10 minutes after the data."""
    connections: int = Field(default=8, ge=1, le=100)
    """Connections at one time. Some servers allow fewer, Exchange Online for instance 3."""
    give_up_days: float = Field(default=5, gt=0, le=30)
    """How long a mail is tried; RFC 5321 section 4.5.4.1 says 4 to 5 days."""
    first_retry_s: float = Field(default=60, gt=0)
    """Wait before the second try, in seconds; doubles each time."""
    max_retry_s: float = Field(default=14_400, gt=0)
    """Longest wait between two tries, in seconds."""
    redirect_to: kinds.OptionalAddress = ""
    """Staging: send every mail to this address instead; empty = to whom it is meant for."""
    allow_recipients: tuple[kinds.Recipient, ...] = ()
    """Staging: send only to these addresses or @domains; empty = to all."""


class WebSettings(Settings):
    """The pages on which customers activate."""

    enabled: bool = True
    """Whether pages are served."""
    listen: kinds.HostPort = "127.0.0.1:8080"
    """HOST:PORT behind your reverse proxy. Port 0 takes any free one."""
    trusted_proxies: tuple[kinds.Network, ...] = ()
    """Reverse proxies whose X-Forwarded-For is believed."""
    admin_listen: kinds.OptionalHostPort = "127.0.0.1:9090"
    """HOST:PORT for machines only: /livez, /readyz and /metrics; empty = off. No secrets are
    told there, but it is not for the outside world."""


class ConsoleUser(Settings):
    """One operator of the console."""

    name: kinds.Line
    """Login; every action is kept under it."""
    role: Literal["read", "act"] = "read"
    """read: may look. act: may also decide."""
    password_hash: kinds.PasswordHash = Field(repr=False)
    """What `mailflow console password` printed."""


class ConsoleSettings(Settings):
    """The operator's console: pages for licensing support, behind a login."""

    enabled: bool = False
    """Whether the console is served. It needs at least one user."""
    listen: kinds.HostPort = "127.0.0.1:8090"
    """HOST:PORT. Elsewhere than on this machine only behind a reverse proxy with https."""
    trusted_proxies: tuple[kinds.Network, ...] = ()
    """Reverse proxies whose X-Forwarded-For is believed."""
    idle_minutes: int = Field(default=30, ge=1, le=1440)
    """After so many minutes without a click one has to log in again."""
    users: tuple[ConsoleUser, ...] = Field(default=(), json_schema_extra=SECRET)
    """Who may log in, one table each: name, role ("read" or "act"), password_hash.
    `mailflow console password NAME` prints it ready to paste."""


class PolicySettings(Settings):
    """Every deadline and limit of the business. Days are 24 hours, counted in UTC."""

    activation_days: int = Field(default=90, ge=1, le=3650)
    """From the partner's CONFIRM until an unaccepted account expires."""
    review_reminder_days: tuple[int, ...] = (3,)
    """When a partner is reminded of an unfinished request, days since its last change."""
    lapse_days: int = Field(default=14, ge=1, le=3650)
    """When an unfinished request lapses, days since its last change."""
    customer_reminder_days: tuple[int, ...] = (7, 30, 60, 83)
    """When a customer is reminded to activate, days since CONFIRM."""
    customer_reminder_days_order: tuple[int, ...] = (3, 7, 14, 21, 30, 45, 60, 75, 83)
    """The same, when an order waits for the account."""
    partner_reminder_days: tuple[int, ...] = (60, 83)
    """When the partner hears that the customer has not activated yet."""
    nominations: int = Field(default=3, ge=0, le=100)
    """How often a customer may name somebody else."""
    resend_hours: int = Field(default=24, ge=1, le=8760)
    """The activation mail is sent again at most once in so many hours."""
    max_users: int = Field(default=50, ge=0, le=1000)
    """Added users in one request."""
    max_account_name: int = Field(default=120, ge=1, le=1000)
    """Characters of an account name."""
    max_note: int = Field(default=1000, ge=0, le=10_000)
    """Characters of a note."""
    unknown_answers_per_hour: int = Field(default=1, ge=0, le=60)
    """Answers to unclear text in one conversation in an hour; the last one says until when there
    will be no other. Clear words are not counted here."""
    unknown_answers_per_day: int = Field(default=8, ge=0, le=200)
    """The same in a day."""
    refusals_per_day: int = Field(default=1, ge=0, le=100)
    """Refusals sent to one address."""
    idle_answers_per_hour: int = Field(default=60, ge=1, le=1000)
    """Automatic answers that change nothing, to one address in an hour: an end to loops."""
    idle_answers_per_day: int = Field(default=150, ge=1, le=10_000)
    """The same in a day."""
    idle_answers_per_thread: int = Field(default=20, ge=1, le=1000)
    """The same within one conversation in an hour."""
    echoes_per_day: int = Field(default=2, ge=1, le=1000)
    """Mails of one sender in a day that read as a letter of a service like this one: what is over
    it waits in quarantine, because two services may be writing to each other."""
    same_requests_per_day: int = Field(default=10, ge=1, le=100_000)
    """The same for requests of one sender that say the very same."""
    letters_to_outsider_per_day: int = Field(default=10, ge=1, le=1000)
    """Letters to one customer, or to one added user, that one partner may bring about in a day,
    over all requests."""
    digest_hour: int = Field(default=7, ge=0, le=23)
    """From this hour (of service.time_zone) the operator gets the day's mail about quarantine."""
    bounced_hold_days: int = Field(default=7, ge=1, le=365)
    """A customer's failed address that the partner does not mend for so many days is held."""
    max_faults: int = Field(default=3, ge=1, le=100)
    """Faults of ours after which a message is set aside as failed."""
    keep_raw_days: int = Field(default=30, ge=1, le=3650)
    """After so many days the bytes of finished mail are wiped."""
    max_quarantine_bytes: int = Field(default=104_857_600, ge=0)
    """Bytes that mail which led to nothing may take in the database, most of it strangers':
    quarantined, ignored, refused. Three quarters are for the mails as they came, the rest for a
    line about each (some 1.3 kB) and letters in answer. Beyond that the oldest lose their bytes
    first, and later their line: then they are only counted. Mail of a request is not concerned."""
    domain_colleagues_may_accept: bool = False
    """Whether a colleague in the customer's domain may accept in his place."""

    def value(self) -> Policy:
        """The same as the plain value that the rules take."""
        return Policy(**self.model_dump())


class LogSettings(Settings):
    """What is written to standard error."""

    format: Literal["auto", "json", "console"] = "auto"
    """auto: console on a terminal, else json."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important lines to show."""
    mask_addresses: bool = True
    """Whether addresses are written as a***@domain."""


class Config(Settings):
    """The whole configuration."""

    service: ServiceSettings
    database: DatabaseSettings = DatabaseSettings()
    ingress: IngressSettings = IngressSettings()
    trust: TrustSettings = TrustSettings()
    delivery: DeliverySettings = DeliverySettings()
    web: WebSettings = WebSettings()
    console: ConsoleSettings = ConsoleSettings()
    policy: PolicySettings = PolicySettings()
    log: LogSettings = LogSettings()

    @property
    def own_addresses(self) -> tuple[str, ...]:
        """Where this service itself reads or is answered for: nobody's word can come from there."""
        service = self.service
        boxes = (box.username for box in self.ingress.imap.values())
        return (
            service.address,
            f"{service.bounce_local}@{service.domain}",
            service.operator_address,
            *(name.lower() for name in boxes if "@" in name),
        )
