"""Whether a mail brings documents: files of which a person would think that we read them."""

from __future__ import annotations

from mailflow.core.message import Message

_ENDINGS = (
    ".doc", ".docx", ".odt", ".rtf", ".pdf", ".txt", ".xls", ".xlsx", ".ods", ".csv", ".msg",
    ".eml",
)  # fmt: skip


def brings_documents(message: Message) -> bool:
    """Pictures, signatures and calendars are no documents: mail programs add them unasked."""
    return any(part.filename.lower().endswith(_ENDINGS) for part in message.parts)
