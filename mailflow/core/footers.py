# ruff: noqa: E501 - tables of patterns are easier to compare on long lines
"""What programs and companies add to a mail: signatures, banners, disclaimers, scan notices.

A paragraph is taken away only for what it says itself. What follows it is judged on its own, so
that a "do not proceed" below a disclaimer is still read.
"""

from __future__ import annotations

import re

from mailflow.core.spotting import Spotter

#: RFC 3676 s4.3; many programs lose the blank.
SIGNATURE = re.compile(r"\s*--\s*$")

#: What ends each letter of a service of our kind (templates/letters/_foot.j2), in the languages we
#: write: a test holds that no letter goes out without it.
OUR_OWN = Spotter(
    r"written by a program on behalf of|escrito por un programa en nombre de|"
    r"escrito por um programa em nome de",
    re.I,
)

MOBILE = Spotter(
    r"\W*(?:sent (?:from|via|with|using|by) (?:my|the|a|an|our|yahoo|outlook|mail|samsung|proton|gmail|mobile|"
    r"nine|spark|blue|mailbox|fairemail|k-9|tutanota|tuta|zoho|airmail|superhuman|hey|aqua|iphone|ipad|"
    r"android|blackberry|workspace|windows|a mobile)\b|get outlook for\b|"
    r"enviado (?:desde|do|a partir do|via|de|con|com|pelo) (?:mi|meu|o|el|la|yahoo|outlook|correo|mail|"
    r"samsung|proton|gmail|un|um|mobile|iphone|ipad|android)\b|enviada do meu\b|"
    r"obtener outlook para|obtenga outlook para|obter (?:o )?outlook para|"
    r"envoyé (?:de|depuis|à partir|avec|via) (?:mon|ma|l|yahoo|outlook|mon|la|un|une|proton|samsung|mail|iphone|ipad)\b|"
    r"envoyé de mon|télécharger outlook pour|obtenir outlook pour|"
    r"von (?:meinem?r?|mein) .{2,40} (?:gesendet|aus gesendet)|gesendet (?:von|mit|über|aus) (?:meinem?r?|mein|der|dem|"
    r"yahoo|outlook|mail|proton|samsung|gmx|web|iphone|ipad|einem|unterwegs)\b|diese nachricht wurde von meinem|"
    r"holen sie sich outlook|outlook für (?:ios|android) herunterladen|laden sie outlook|"
    r"inviato da(?:l|lla)? (?:mio|mia|iphone|ipad|yahoo|outlook)|scarica outlook|"
    r"verstuurd vanaf|verzonden (?:vanaf|met|via)|outlook voor .{2,10} downloaden|"
    r"skickat från|sendt fra|lähetetty|wysłano z|wysłane z|odesláno z|отправлено (?:с|из)|"
    r"iphone'umdan|发自我的|從我的|iphoneから送信|나의 .{1,12}에서 보냄|este mensaje se ha enviado desde)",
    re.I,
)

BANNER = Spotter(
    r"\W{0,8}(?:(?:caution|warning|attention|notice|important|alert|atenci[oó]n|aviso|precauci[oó]n|cuidado|"
    r"aten[cç][aã]o|achtung|vorsicht|warnung|hinweis|avertissement|prudence|sicherheitshinweis|advertencia|alerta)"
    r"\W{0,6})?"
    r"(?:\[?\s*(?:external|extern|externo|externe|externer absender|ext)\s*(?:e-?mail|mail|correo|sender|message|"
    r"absender|nachricht|remitente|remetente|expéditeur|courriel)?\s*[\]:!]|"
    r"\W*(?:external|extern[eo]?r?|externo)[ -](?:e-?mail|mail|sender|message|correo|absender|nachricht|remetente|"
    r"remitente)\b|"
    r"(?:this|the) (?:e-?mail|message|mail|sender|correspondence)\b.{0,40}?\b(?:originate[sd]?|came|comes|was sent|is|was|received)"
    r"\b.{0,20}?\b(?:outside|external)|"
    r"(?:e-?mail|message) (?:from|originated from) (?:an )?(?:external|outside)|"
    r"you don'?t often (?:get|receive) e-?mail from|"
    r"(?:some people who received this message|learn why this is important)|"
    r"no suele recibir correos?|no sol[eé]is recibir|não costuma receber|"
    r"vous ne recevez pas souvent|sie erhalten nicht (?:oft|häufig)|"
    r"(?:este|el presente) (?:correo|mensaje|e-?mail)\b.{0,60}?\b(?:extern[oa]|fuera de)|correo externo|"
    r"(?:este|esta) (?:e-?mail|mensagem)\b.{0,60}?\b(?:extern[oa]|fora d)|e-?mail externo|mensagem externa|"
    r"(?:ce|cet) (?:message|courriel|e-?mail|mail)\b.{0,60}?\b(?:externe|extérieur)|courriel externe|"
    r"diese (?:e-?mail|nachricht|mail)\b.{0,60}?\b(?:extern|außerhalb)|externe (?:e-?mail|mail|nachricht))",
    re.I | re.S,
)

_LEGAL_START = Spotter(
    r"\W{0,6}(?:disclaimer|confidential(?:ity)?(?: notice| note| e-?mail)?\b|legal notice|privacy notice|privileged|"
    r"aviso legal|aviso de confidencialidad|cl[aá]usula|confidencialidad|nota de confidencialidad|protecci[oó]n de datos|"
    r"en cumplimiento de|de conformidad con|conforme a|de acuerdo con (?:la|el) (?:normativa|reglamento|ley)|"
    r"aviso de confidencialidade|confidencialidade|declara[cç][aã]o de|avis de confidentialit[eé]|"
    r"clause de confidentialit|confidentialit[eé]|vertraulich|haftungsausschluss|rechtlicher hinweis|datenschutz)",
    re.I,
)
_LEGAL = Spotter(
    r"confidential|confidencia|confidentiel|vertraulich|privileged|intended (?:only|solely|recipient|for)|"
    r"unauthori[sz]ed|destinatario|destinatário|destinataire|empfänger|exclusiv[oa]mente|exclusivement|"
    r"ausschließlich|copying|disclos|divulga|virus|malware|gdpr|rgpd|lopd|dsgvo|lgpd|datos personales|"
    r"dados pessoais|données personnelles|personenbezogen|registered (?:office|in)|company (?:number|registration)|"
    r"handelsregister|amtsgericht|geschäftsführer|sitz der gesellschaft|registro mercantil|siège social|"
    r"capital social|liable|liability|responsab|haftung|by mistake|in error|por error|por engano|par erreur|"
    r"irrtümlich|privacy policy|monitored",
    re.I,
)
_ABOUT_MAIL = Spotter(
    r"this (?:e-?mail|message|communication|transmission)|(?:any|its) attachments|este (?:correo|mensaje|e-?mail)|"
    r"esta mensagem|esta comunica|ce (?:message|courriel)|cet e-?mail|diese (?:e-?mail|nachricht|mail)|"
    r"intended recipient|destinatari|destinatário|destinataire|empfänger|the information (?:contained|in this)|"
    r"la información contenida|as informações contidas|les informations contenues|sus datos|seus dados|"
    r"registered|handelsregister|amtsgericht|registro mercantil|siège social|capital",
    re.I,
)
_TREES = Spotter(
    r"(?:before|antes de|avant d|bevor|denken sie|pense|piense|please consider|pensez|think).{0,60}?"
    r"(?:print|imprim|druck|ausdruck|environment|medio ambiente|meio ambiente|environnement|umwelt)|"
    r"(?:scanned|checked|escaneado|analizado|verificado|verificada|analysé|geprüft|protegido|protected|"
    r"libre de virus|virus-?free|virenfrei|virus[- ]?geprüft)\b.{0,60}?(?:virus|antivirus|malware|avast|viren)|"
    r"virus-free\.|libre de virus\.|virenfrei\.|livre de vírus\.|sans virus\.",
    re.I | re.S,
)
_LIST_FOOTER = Spotter(
    r"\W*(?:to )?unsubscribe\b|\W*(?:darse de baja|se désabonner|abmelden|cancelar inscrição)\b",
    re.I,
)


def furniture(paragraph: str) -> str:
    """What a paragraph is if its author did not write it for this mail, "" if he did.

    "banner", "disclaimer" or "footer". Length counts: legal texts are long, and a short sentence
    that mentions confidentiality is somebody speaking.
    """
    text = paragraph.strip()
    if len(text) < 8:
        return ""
    if BANNER.match(text):
        return "banner"
    if _TREES.search(text) and len(text) < 400:
        return "footer"
    if _LIST_FOOTER.match(text):
        return "footer"
    if _LEGAL_START.match(text) and (len(text) > 60 or text.isupper() or len(text.split()) <= 4):
        return "disclaimer"
    if len(text) > 80 and _LEGAL.search(text) and _ABOUT_MAIL.search(text):
        return "disclaimer"
    return ""
