# ruff: noqa: E501 - tables of phrases
"""Whether a machine wrote a mail. Its word is never a decision, and it is never answered (I16).

Headers are asked first (RFC 3834, RFC 3464, RFC 2919 and the marks of many programs), then the
form of the mail, and last its words, since some machines admit nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from mailflow.core.hygiene import fold
from mailflow.core.message import Message


@dataclass(frozen=True, slots=True)
class Automatic:
    """`kind`: bounce, delayed, out_of_office, auto_reply, challenge, ticket, list, report,
    receipt, calendar, reaction or own. `absent_until` is an ISO date, "" where none is named."""

    kind: str
    why: str
    absent_until: str = ""


_DAEMONS = re.compile(
    r"(?:mailer-?daemon|postmaster|mail-?daemon|maildaemon|bounces?|mail\.?delivery|mdaemon|double-bounce|mta|microsoftexchange[\w-]*)(?:[+=._-].*)?$"
)
_BOUNCE_SUBJECT = re.compile(
    r"(?:undeliver(?:able|ed)|undelivered mail|mail delivery (?:fail|system|subsystem|status)|delivery (?:status notification|failure|has failed|report|problem)|"
    r"returned mail|failure notice|mail could not be delivered|message undeliverable|delivery notification|nondeliverable|mail (?:system )?error|"
    r"no se puede entregar|no entregad|no se pudo entregar|error de entrega|notificacion de (?:estado de )?entrega|nao (?:foi )?(?:e possivel )?entreg|falha na entrega|nao entregue|"
    r"unzustellbar|nicht zugestellt|nachricht nicht zustellbar|zustellung fehlgeschlagen|non remis|echec de (?:la )?(?:remise|livraison|distribution)|message non distribue|mancata consegna|onbestelbaar|nie mozna dostarczyc)"
)
_DELAYED = re.compile(
    r"(?:delayed|warning: (?:could not send|message)|still (?:trying|being retried)|retard|verzoger|demora|retraso|atras)"
)
_AWAY = re.compile(
    r"(?:out of (?:the )?office|out-of-office|\booo\b|on (?:annual |parental |maternity |sick |holiday )?(?:leave|vacation|holidays?)\b|away from (?:the office|my (?:desk|e-?mail))|"
    r"(?:i am|i'm|i will be|i'll be) (?:currently |presently )?(?:out|away|on leave|on vacation|absent|travell?ing)|vacation (?:reply|response|message|notice)|limited access to (?:my )?e-?mail|"
    r"fuera de (?:la )?(?:oficina|mi oficina)|estoy (?:de vacaciones|ausente|fuera)|estare (?:de vacaciones|ausente|fuera)|ausencia de (?:la )?oficina|me encuentro (?:fuera|de vacaciones|ausente)|ausente de la oficina|de baja (?:medica|maternal|laboral)|"
    r"fora do escritorio|estou (?:de ferias|ausente|fora)|estarei (?:de ferias|ausente|fora)|ausencia temporaria|ausente do escritorio|encontro-me (?:ausente|de ferias|fora)|"
    r"absent(?:e)? du bureau|je suis (?:absente?|en conges?|actuellement absente?|en vacances)|je serai absente?|en conges? (?:jusqu|du)|absence du bureau|message d'absence|actuellement absente?|"
    r"abwesenheit|nicht im (?:buro|hause)|ich bin (?:derzeit |momentan |zurzeit |vom .{3,40} )?(?:nicht (?:im|erreichbar)|abwesend|im urlaub|ausser haus)|im urlaub|ausser haus|bin ich nicht (?:im|erreichbar)|"
    r"fuori (?:ufficio|sede)|assente dall|sono in ferie|afwezig|niet aanwezig|fravaer|franvarande|poissa|nieobecn|mimo kancelar|hazon kivul)"
)
_AUTO_SUBJECT = re.compile(
    r"(?:^|\W)(?:auto(?:matic|mated|matica|matique|matische|matisch)?[ -]?(?:reply|response|respond\w*|answer|generated|antwort|resposta|respuesta|reponse)|"
    r"respuesta automatica|resposta automatica|reponse automatique|automatische antwort|automatisch(?:e)? (?:antwort|reactie|antwoord)|risposta automatica|automaattinen|automatiskt svar|automatisk svar|autosvar|"
    r"automatyczna odpowiedz|automaticka odpoved|otomatik yanit|abwesenheitsnotiz|autoreply|auto:|avtomatich|автоответ|автоматический ответ|自动回复|自動返信|자동 회신|abwesend:|accepted:|declined:|tentative:|aceptada:|rechazada:|aceite:|accepte ?:|zugesagt:|abgesagt:)"
)
_TICKET_SUBJECT = re.compile(
    r"(?:(?:ticket|case|incident|request|caso|incidencia|chamado|demande|anfrage|vorgang)\s*(?:#|no\.?|nr\.?|id|n\.?)\s*[:#]?\s*[\w-]*\d|\[(?:ticket|case|request|incident|support)[^\]]{0,40}\d[^\]]*\]|\[#\w*\d+\]|##\s?\d+\s?##)"
)
_TICKET_WORDS = re.compile(
    r"(?:(?:your|a|the) (?:new )?(?:ticket|case|incident|request|enquiry|inquiry|e-?mail|message) (?:has been|was|is) (?:received|created|opened|registered|logged|assigned|added|queued)|"
    r"(?:ticket|case|incident)(?: number| id| no\.?)? ?(?:is|has been|:|#)|thank(?:s| you) for (?:contacting|your (?:e-?mail|message|enquiry|request)|getting in touch|reaching out)|we (?:have )?received your (?:e-?mail|message|request|enquiry|ticket)|"
    r"(?:su|tu) (?:solicitud|caso|ticket|incidencia|consulta|mensaje|correo) ha sido (?:recibid|cread|registrad|abiert)|hemos recibido (?:su|tu) (?:solicitud|mensaje|correo|consulta|caso)|gracias por (?:contactar|ponerse en contacto|su mensaje|escribir)|se ha creado (?:el|un) (?:ticket|caso)|"
    r"(?:sua|seu) (?:solicitacao|chamado|ticket|mensagem|pedido|e-?mail) foi (?:recebid|criad|registrad|abert)|recebemos (?:sua|seu|a sua|o seu)|obrigad[oa] por (?:entrar em contato|contactar|contatar|sua mensagem)|"
    r"votre (?:demande|ticket|message|e-?mail) a (?:bien )?ete (?:recu|enregistre|cree|prise)|nous avons bien recu votre|merci de nous avoir contact|"
    r"ihre (?:anfrage|nachricht|e-?mail|mail) (?:ist|wurde) (?:bei uns )?(?:eingegangen|erstellt|registriert|angenommen|empfangen)|wir haben ihre (?:anfrage|nachricht|e-?mail) erhalten|vielen dank fur ihre (?:anfrage|nachricht|e-?mail)|ticket wurde erstellt|eingangsbestatigung)"
)
_CHALLENGE = re.compile(
    r"(?:(?:click|reply|respond|follow|visit|press|complete|use).{0,80}(?:to (?:verify|prove|confirm) (?:that )?you(?:'re| are)|(?:deliver|release|approve) your (?:message|e-?mail|mail))|"
    r"(?:verify|confirm) (?:that )?you(?:'re| are) (?:a )?(?:human|person|real|not a)|challenge[ -]response|sender (?:verification|confirmation|address verification)|your (?:message|e-?mail|mail) (?:is|has been) (?:being )?(?:held|quarantined|placed on hold|waiting)|"
    r"(?:spam ?arrest|boxbe|mailblocks|tmda|bluebottle|earthlink spamblocker|antispam ?uol)|not (?:yet )?(?:on|in) my (?:approved|allowed|white)|allow-?list|approved senders?|"
    r"demuestre que|verificar que (?:es|usted)|su mensaje (?:esta|ha sido) retenido|comprove que|confirme que voce|sua mensagem (?:esta|foi) retida|antispam|prouver que vous|votre message est en attente|beweisen sie|bestatigen sie.{0,60}(?:mensch|absender)|ihre nachricht wurde zuruckgehalten)",
    re.S,
)
_AUTOMATIC_WORDS = re.compile(
    r"(?:this is an? (?:auto(?:matic|mated|-generated|matically generated)?|system[- ]generated)\b.{0,30}(?:reply|response|message|e-?mail|mail|notification|answer|acknowledg)|automatically generated|auto-?generated|do not reply to this (?:e-?mail|message|mail)|please do not (?:reply|respond)|"
    r"unattended mailbox|(?:mailbox|address) is not (?:monitored|attended)|no longer (?:with|works? (?:at|for)|employed)|has left the (?:company|organi[sz]ation)|"
    r"(?:este|esta) (?:es )?(?:un |una )?(?:mensaje|correo|respuesta|e-?mail) (?:es |ha sido )?(?:generad[oa] )?automatic|respuesta automatica|no responda a este (?:correo|mensaje)|ya no trabaja|ya no (?:esta|pertenece|forma parte)|"
    r"mensagem automatica|resposta automatica|nao responda (?:a )?est[ea]|ja nao trabalha|nao trabalha mais|e-?mail automatico|gerad[oa] automaticamente|"
    r"(?:message|reponse|courriel|e-?mail) (?:est )?automatique|genere automatiquement|ne (?:pas|repondez pas) (?:repondre|a ce)|merci de ne pas repondre|ne travaille plus|a quitte (?:la societe|l'entreprise)|"
    r"automatisch (?:generiert|erstellt|erzeugt|versendet|verschickt)|automatische (?:antwort|nachricht|e-?mail|mail|eingangsbestatigung)|nicht auf diese (?:e-?mail|nachricht|mail)|nicht mehr (?:im|bei|fur) |arbeitet nicht mehr|"
    r"risposta automatica|automatisch bericht|automatiskt (?:svar|meddelande))"
)
_AUTO_HEADERS = (
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-autoreply-from", "x-mail-autoreply",
    "x-autogenerated", "x-auto-generated", "x-vacation", "x-ebay-mailtracker", "x-amazon-mail-relay-type",
    "x-opt-autoresponse", "x-cron-env", "x-mdautoresponse", "x-auto-response", "x-automatic-reply", "x-zendesk-auto-reply",
)  # fmt: skip
_TICKET_HEADERS = (
    "x-jira-fingerprint", "x-rt-loop-prevention", "x-rt-originator", "x-otrs-loop", "x-znuny-loop", "x-zammad-ticket-id",
    "x-freshdesk-ticket", "x-osticket", "x-github-reason", "x-gitlab-project", "x-redmine-host", "x-request-tracker", "x-servicenow-generated",
    "x-zendesk-from-account-id", "x-kayako", "x-hubspot", "x-helpscout-conversation", "x-freescout-mail-type", "x-bugzilla-reason",
)  # fmt: skip
_LIST_HEADERS = ("list-id", "list-post", "list-unsubscribe", "list-help", "x-mailman-version", "x-beenthere", "x-mailinglist",
                 "mailing-list", "x-loop", "feedback-id", "x-campaign-id", "x-csa-complaints")  # fmt: skip
_REACTION = re.compile(
    r"^\W*(?:\S{1,8} )?.{0,80}(?:reacted (?:to|via)|liked your (?:message|e-?mail)|ha reaccionado|reagiu a|a reagi|hat (?:auf .{1,80})?reagiert)"
)
_LIST_COMMAND = re.compile(
    r"^\s*(?:(?:auth|confirm|cnf) [0-9a-f]{8,}|subscribe |unsubscribe |confirm(?:ation)? (?:of )?subscription)",
    re.I,
)


def automatic(message: Message, envelope_from: str | None) -> Automatic | None:
    """What kind of machine wrote the mail, or None for a person.

    Args:
        message: The mail as read.
        envelope_from: MAIL FROM; "" = null return path, None = unknown (IMAP).
    """
    return _by_form(message, envelope_from) or _by_headers(message) or _by_words(message)


def _text(message: Message) -> str:
    """The head of the text, folded. HTML tags do not disturb the phrases much."""
    text = message.plain if message.plain and message.plain.strip() else message.html or ""
    if text is message.html:
        text = re.sub(r"<[^<>]{0,500}>", " ", text[:20_000])
    text = "\n".join(line for line in text[:6000].split("\n") if not line.startswith(">"))
    return " ".join(fold(text[:3000]).split())


def _by_form(message: Message, envelope_from: str | None) -> Automatic | None:
    local = message.sender.partition("@")[0]
    root = message.root_type
    params = dict(message.root_params)
    types = {part.type for part in message.parts}
    subject = fold(message.subject)
    if root == "multipart/report" or "message/delivery-status" in types:
        kind = params.get("report-type", "").lower()
        if kind == "delivery-status" or "message/delivery-status" in types:
            return Automatic(
                "delayed" if _only_delayed(subject) else "bounce",
                "a delivery report (RFC 3464)",
            )
        if kind == "disposition-notification" or "message/disposition-notification" in types:
            return Automatic("receipt", "a reading receipt (RFC 8098)")
        return Automatic("report", f"a machine report ({kind or root})")
    if "message/disposition-notification" in types:
        return Automatic("receipt", "a reading receipt (RFC 8098)")
    if "message/feedback-report" in types:
        return Automatic("report", "a feedback report (RFC 5965)")
    if "text/calendar" in types or root == "text/calendar":
        return Automatic("calendar", "a calendar answer (RFC 6047)")
    if "text/vnd.google.email-reaction+json" in types or message.header("x-ms-reactions"):
        return Automatic("reaction", "a reaction to a mail")
    if message.header("x-failed-recipients"):
        return Automatic("bounce", "X-Failed-Recipients names who was not reached")
    null = envelope_from == "" or message.header("return-path").strip() == "<>"
    if _DAEMONS.match(local) and (
        null
        or _BOUNCE_SUBJECT.search(subject)
        or local.startswith(("mailer", "postmaster", "mdaemon", "microsoftexchange"))
    ):
        return Automatic(
            "delayed" if _DELAYED.search(subject) else "bounce", f"from {local}: a mail server"
        )
    if _BOUNCE_SUBJECT.search(subject) and (null or not message.in_reply_to):
        return Automatic("bounce", "the subject is that of a bounce")
    if null:
        return _away(message) or Automatic("auto_reply", "a null return path (RFC 5321 s4.5.5)")
    return None


def _only_delayed(subject: str) -> bool:
    return bool(_DELAYED.search(subject)) and "fail" not in subject


def _by_headers(message: Message) -> Automatic | None:
    index = message.index
    submitted = message.header("auto-submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        away = _away(message)
        if away:
            return away
        ticket = any(name in index for name in _TICKET_HEADERS) or _TICKET_SUBJECT.search(
            fold(message.subject)
        )
        return Automatic(
            "ticket" if ticket else "auto_reply", f"Auto-Submitted: {submitted} (RFC 3834)"
        )
    for name in _AUTO_HEADERS:
        if name in index and index[name][0].strip().lower() not in ("no", "false", "0"):
            return _away(message) or Automatic("auto_reply", f"header {name}")
    if (
        "x-ms-exchange-inbox-rules-loop" in index
        or "x-ms-exchange-generated-message-source" in index
    ):
        return _away(message) or Automatic("auto_reply", "generated by Exchange")
    if (
        message.header("x-pobox-auto-responder")
        or message.header("delivered-to").lower() == "autoresponder"
    ):
        return _away(message) or Automatic("auto_reply", "an autoresponder's mark")
    for name in _TICKET_HEADERS:
        if name in index:
            return Automatic("ticket", f"header {name}")
    for name in _LIST_HEADERS:
        if name in index:
            return Automatic("list", f"header {name}")
    precedence = message.header("precedence").strip().lower()
    if precedence in ("bulk", "junk", "list", "auto_reply", "auto-reply"):
        away = _away(message)
        if away:
            return away
        return Automatic(
            "list" if precedence == "list" else "auto_reply", f"Precedence: {precedence}"
        )
    if "reaction" in message.header("content-disposition").lower():
        return Automatic("reaction", "a reaction to a mail (RFC 9078)")
    if any(part.disposition == "reaction" for part in message.parts):
        return Automatic("reaction", "a reaction to a mail (RFC 9078)")
    return None


def _by_words(message: Message) -> Automatic | None:
    subject = fold(message.subject)
    if _AUTO_SUBJECT.search(subject):
        if re.match(
            r"(?:accepted|declined|tentative|aceptada|rechazada|aceite|zugesagt|abgesagt|accepte ?):",
            subject,
        ):
            return Automatic("calendar", "the subject is that of a calendar answer")
        return _away(message) or Automatic("auto_reply", "the subject says that it is automatic")
    text = _text(message)
    head = text[:600]
    if _LIST_COMMAND.match(head):
        return Automatic("list", "a command of list software")
    if _REACTION.match(head[:160]):
        return Automatic("reaction", "a reaction to a mail")
    if _CHALLENGE.search(head):
        return Automatic("challenge", "asks the sender to prove that he is a person")
    away = _away(message, text)
    if away:
        return away
    if _TICKET_WORDS.search(head):
        return Automatic("ticket", "the words of a ticket system")
    if _AUTOMATIC_WORDS.search(head):
        return Automatic("auto_reply", "the text says that it is automatic")
    return None


def _away(message: Message, text: str | None = None) -> Automatic | None:
    subject = fold(message.subject)
    text = _text(message) if text is None else text
    found = _AWAY.search(subject) or _AWAY.search(text[:600])
    if not found:
        return None
    return Automatic(
        "out_of_office", f"says “{found.group()}”", return_date(text[:1500], message.date)
    )


_UNTIL = re.compile(
    r"(?:until|till|back (?:on|in the office on|at work on)?|return(?:ing)?(?: on)?|hasta(?: el)?|vuelvo el|regreso el|reincorpor\w+ el|ate(?: o dia| dia)?|regress\w+ (?:em|a|no dia)|volto (?:em|no dia)|jusqu'au|de retour le|reviens le|"
    r"bis(?: zum| einschliesslich)?|wieder (?:ab|am)|zuruck am|ab dem|to|through|al|au|a)\s+(?:(?:the|el|o|le|dem|den|dia|mon|tues|wednes|thurs|fri|satur|sun)\w*,?\s+)?"
    r"(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}\.?(?:st|nd|rd|th|er|º)? (?:of |de )?[a-z]{3,10}\.?(?:,? (?:de |del )?\d{4})?|[a-z]{3,10} \d{1,2}(?:st|nd|rd|th)?(?:,? \d{4})?)"
)
_MONTH_STEMS = (("jan", "ene"), ("feb", "fev"), ("mar",), ("apr", "abr", "avr"), ("may", "mai"), ("jun", "juin"), ("jul", "juil"),
                ("aug", "ago", "aou"), ("sep", "set"), ("oct", "okt", "out"), ("nov",), ("dec", "dic", "dez"))  # fmt: skip
_YEAR = re.compile(r"\b(20\d\d)\b")


def return_date(text: str, header_date: str) -> str:
    """The last day of an absence as an ISO date, "" if none is named without doubt.

    Args:
        text: Folded text of the mail.
        header_date: The Date field; lends its year to a date without one.
    """
    year = _YEAR.search(header_date)
    best = ""
    for match in _UNTIL.finditer(text):
        found = _day(match.group(1), int(year.group(1)) if year else 0)
        if found:
            best = max(best, found.isoformat())
    return best


def _day(text: str, year: int) -> date | None:
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    word = re.search(r"[a-z]{3,}", re.sub(r"\b(?:of|de|del|st|nd|rd|th|er)\b", " ", text))
    try:
        if word:
            month = next(
                (n for n, stems in enumerate(_MONTH_STEMS, 1) if word.group().startswith(stems)), 0
            )
            given = numbers[1] if len(numbers) > 1 else year
            return date(given, month, numbers[0]) if month and given else None
        if len(numbers) != 3:
            return None
        if numbers[0] > 31:
            return date(*numbers)
        day, month, given = numbers
        given += 2000 if given < 100 else 0
        if "." in text or day > 12 or day == month:
            return date(given, month, day)
        if month > 12:
            return date(given, day, month)
    except ValueError:
        return None
    return None
