"""Letters: a decision to write to somebody becomes the finished bytes of a mail.

`Letters(service, folder).finish(letter, envelope)` is all that others need. A letter is written
once, as one template in templates/letters, and rendered twice with two kits of macros
(templates/kit/text and templates/kit/html), so that both parts always say the same. Its sentences
are translated by gettext catalogues (mailflow/locale); what partners and customers wrote is made
inert before any template sees it (PROMISES.md I18).

Nothing here mints tokens, looks at a clock or sends: reply address, page link, Message-ID and
times come in with the `Envelope`.
"""

from mailflow.letters.finish import Envelope, Finished, Letters
from mailflow.letters.folders import LetterError, find_templates

__all__ = ["Envelope", "Finished", "LetterError", "Letters", "find_templates"]
