"""The whole conversation on one machine: local SMTP in, captured mail out, both ends played.

`stage` starts the real service on a temporary folder; `play` is the script; `show` prints it.
Nothing here knows more of the service than a mail server beside it would: mails go in through the
SMTP port, and what would have left is read from the captured mail.
"""

from mailflow.demo.main import main

__all__ = ["main"]
