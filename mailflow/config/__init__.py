"""Configuration: one TOML file and the environment become one frozen `Config`.

`load` is the only way from a file to a `Config`; whoever needs settings takes the part he needs
(`config.delivery`, …) as an argument. Nothing here looks at the network or at the database.
"""

from mailflow.config.imap import ImapSettings
from mailflow.config.load import ConfigError, load
from mailflow.config.settings import (
    BrandSettings,
    Config,
    DatabaseSettings,
    DeliverySettings,
    IngressSettings,
    LogSettings,
    PolicySettings,
    ServiceSettings,
    SmtpIngressSettings,
    TrustSettings,
    WebSettings,
)

__all__ = [
    "BrandSettings",
    "Config",
    "ConfigError",
    "DatabaseSettings",
    "DeliverySettings",
    "ImapSettings",
    "IngressSettings",
    "LogSettings",
    "PolicySettings",
    "ServiceSettings",
    "SmtpIngressSettings",
    "TrustSettings",
    "WebSettings",
    "load",
]
