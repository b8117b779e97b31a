"""mailflow: requests that are made, confirmed and approved by e-mail."""

__version__ = "0.1.0"
