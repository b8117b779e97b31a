"""A filter for Postfix that writes Authentication-Results, as OpenDMARC or rspamd would.

It speaks the milter protocol (version 6, as documented with libmilter) so far as Postfix needs it
here. What it says of a mail is easy to foresee: `dmarc=pass` if the domains of MAIL FROM and From
are the same, else `dmarc=fail`.
"""

from __future__ import annotations

import re
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.daemon.harness import free_port

AUTHSERV_ID = "mx.vendor.example"
_ADDS_HEADERS = 0x01
#: Steps that we do not want to hear of: connect, HELO, RCPT, body, end of header, unknown, DATA.
_SKIPS = 0x01 | 0x02 | 0x08 | 0x10 | 0x40 | 0x100 | 0x200


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        sender, author = "", ""
        while len(head := self.rfile.read(5)) == 5:
            size, command = struct.unpack("!Ic", head)
            data = self.rfile.read(size - 1)
            if command == b"O":
                version, _, steps = struct.unpack("!III", data[:12])
                self.say(b"O", struct.pack("!III", version, _ADDS_HEADERS, steps & _SKIPS))
            elif command == b"M":
                sender, author = _domain(data.split(b"\0")[0]), ""
                self.say(b"c")
            elif command == b"L":
                name, value, _ = data.split(b"\0")
                if name.lower() == b"from":
                    author = _domain(value)
                self.say(b"c")
            elif command == b"E":
                result = "pass" if sender == author else "fail"
                field = f"{AUTHSERV_ID}; dmarc={result} header.from={author}"
                self.say(b"i", struct.pack("!I", 1), f"Authentication-Results\0{field}\0".encode())
                self.say(b"c")
            elif command in b"QK":
                return
            # Macros (D) and the abort of a mail (A) want no answer.

    def say(self, command: bytes, *data: bytes) -> None:
        rest = b"".join(data)
        self.wfile.write(struct.pack("!I", 1 + len(rest)) + command + rest)


def _domain(field: bytes) -> str:
    found = re.findall(r"@([A-Za-z0-9.-]+)", field.decode("latin-1"))
    return found[-1].lower() if found else ""


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def milter() -> Iterator[int]:
    """The filter runs within the block; its port."""
    with _Listener(("127.0.0.1", free_port()), _Talk) as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield int(listener.server_address[1])
        finally:
            listener.shutdown()
            thread.join()
