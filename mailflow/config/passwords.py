"""Passwords of the console: only their hashes are kept (scrypt, RFC 7914).

A hash is written `scrypt:N:R:P:SALT:KEY`, salt and key in hexadecimal. Colons, not dollars: a shell
or a compose file would take those for variables.
"""

from __future__ import annotations

import hashlib
import hmac
import re

#: 32 MiB and about a tenth of a second on one core: too slow to guess with, quick to log in with.
COST, BLOCK, LANES = 2**15, 8, 1
SALT_BYTES = 16
_KEY_BYTES = 32
_FORM = re.compile(
    r"scrypt:([0-9]{1,7}):([0-9]{1,2}):([0-9]{1,2}):([0-9a-f]{16,128}):([0-9a-f]{32,128})"
)
#: What one hash may cost to check, in bytes: 128 * N * R * P (RFC 7914 section 2).
_MOST_MEMORY = 256 * 1024 * 1024


def hash_password(password: str, salt: bytes, cost: int = COST) -> str:
    """The hash to be kept. `salt` is random, `SALT_BYTES` long; `cost` a power of two."""
    key = _key(password, salt, cost, BLOCK, LANES, _KEY_BYTES)
    return f"scrypt:{cost}:{BLOCK}:{LANES}:{salt.hex()}:{key.hex()}"


def is_hash(text: str) -> bool:
    """Whether `text` is a hash that we can check, at a cost that we can bear."""
    return _numbers(text) is not None


def verify(password: str, kept: str) -> bool:
    """Whether this is the password of the hash. Takes as long for a wrong one as for the right."""
    found = _numbers(kept)
    if found is None:
        return False
    cost, block, lanes, salt, key = found
    return hmac.compare_digest(_key(password, salt, cost, block, lanes, len(key)), key)


def _numbers(text: str) -> tuple[int, int, int, bytes, bytes] | None:
    match = _FORM.fullmatch(text)
    if match is None or len(match[4]) % 2 or len(match[5]) % 2:
        return None
    cost, block, lanes = int(match[1]), int(match[2]), int(match[3])
    sound = cost > 1 and cost & (cost - 1) == 0 and block > 0 and lanes > 0
    if not sound or 128 * cost * block * lanes > _MOST_MEMORY:
        return None
    return cost, block, lanes, bytes.fromhex(match[4]), bytes.fromhex(match[5])


def _key(password: str, salt: bytes, cost: int, block: int, lanes: int, size: int) -> bytes:
    # OpenSSL counts a little more than the formula says.
    room = 128 * cost * block * lanes + 1024 * 1024
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=salt, n=cost, r=block, p=lanes, dklen=size, maxmem=room,
    )  # fmt: skip
