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


SIGNATURE = re.compile(
    r"^(?:x_)*(?:gmail_signature|moz-signature|signature|ms-outlook-(?:mobile|ios)-signature"
    r"|applemailsignature|protonmail_signature_block(?:-user|-proton)?|bloop_sign\w*|email-?signature"
    r"|tutanota_signature|zmail_signature|yahoo-signature\w*|ydp\w*signature|mail-signature)$"
)
