"""The class names and ids by which mail programs mark quotes and signatures in their HTML."""

from __future__ import annotations

import re

#: From this element on, everything in the document is the earlier mail (Outlook, OWA, Hotmail,
#: Zimbra, new Outlook); copies of an earlier mail carry the prefix `x_`.
CUT_IDS = re.compile(
    r"^(?:x_)*(?:divrplyfwdmsg|appendonsend|stopspelling|zwchr|mail-editor-reference-message-container"
    r"|replysplit|divtagdefaultwrapper_quote|ms-outlook-mobile-reference-message)$"
)


QUOTE = re.compile(
    r"quote|outlookmessageheader|moz-forward-container|yahoo_quoted|appleoriginalcontents"
    r"|bloop_original|zmail_extra|original-?message|reply-?intro|moz-cite-prefix|gmail_attr"
)


#: A bar at the left of a block and no other border: how phones, Outlook and others draw a quote
#: that they do not mark. A table has more borders than one.
_BAR = re.compile(
    r"border-(?:left|inline-start)(?:-width|-style)?\s*:(?!\s*(?:none|hidden|0(?:px|pt|em)?(?:[\s;!]|$)))"
)
_BORDER = re.compile(
    r"border(?:-(?:top|right|bottom|width|style))?\s*:(?!\s*(?:none|hidden|0(?:px|pt|em)?(?:[\s;!]|$)))"
)


def barred(style: str) -> bool:
    """Whether declarations in lower case draw a block as a quote is drawn.

    >>> barred("border:none; border-left:solid blue 1.5pt"), barred("border:1px solid")
    (True, False)
    """
    return "border" in style and bool(_BAR.search(style)) and not _BORDER.search(style)


SIGNATURE = re.compile(
    r"^(?:x_)*(?:gmail_signature|moz-signature|signature|ms-outlook-(?:mobile|ios)-signature"
    r"|applemailsignature|protonmail_signature_block(?:-user|-proton)?|bloop_sign\w*|email-?signature"
    r"|tutanota_signature|zmail_signature|yahoo-signature\w*|ydp\w*signature|mail-signature)$"
)
