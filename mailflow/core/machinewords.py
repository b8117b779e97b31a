# ruff: noqa: E501 - tables of phrases
"""The headers and the phrases of machines that write mail, in the languages they write in."""

from __future__ import annotations

import re

from mailflow.core.hygiene import fold
from mailflow.core.spotting import Spotter


def _folded(phrases: str) -> str:
    """Phrases of other scripts as an alternation: folding takes apart й, で and Korean syllables."""
    return "|".join(re.escape(fold(phrase)) for phrase in phrases.split("|"))


DAEMONS = re.compile(
    r"(?:mailer-?daemon|postmaster|mail-?daemon|maildaemon|bounces?|mail\.?delivery|mdaemon|double-bounce|mta|microsoftexchange[\w-]*)(?:[+=._-].*)?$"
)


NO_REPLY = re.compile(
    r"(?:no-?reply|do-?not-?reply|noreply|no[-_.]?responder|nao-?responda|ne-?pas-?repondre)\b",
    re.I,
)


BOUNCE_SUBJECT = Spotter(
    r"(?:undeliver(?:able|ed)|undelivered mail|mail delivery (?:fail|system|subsystem|status)|delivery (?:status notification|failure|has failed|report|problem)|"
    r"returned mail|failure notice|mail could not be delivered|message undeliverable|delivery notification|nondeliverable|mail (?:system )?error|"
    r"no se puede entregar|no entregad|no se pudo entregar|error de entrega|notificacion de (?:estado de )?entrega|nao (?:foi )?(?:e possivel )?entreg|falha na entrega|nao entregue|"
    r"unzustellbar|nicht zugestellt|nachricht nicht zustellbar|zustellung fehlgeschlagen|non remis|echec de (?:la )?(?:remise|livraison|distribution)|message non distribue|mancata consegna|onbestelbaar|nie mozna dostarczyc)"
)


DELAYED = re.compile(
    r"(?:delayed|warning: (?:could not send|message)|still (?:trying|being retried)|retard|verzoger|demora|retraso|atras)"
)


AWAY = Spotter(
    r"(?:out of (?:the )?office|out-of-office|\booo\b|on (?:annual |parental |maternity |sick |holiday )?(?:leave|vacation|holidays?)\b|away from (?:the office|my (?:desk|e-?mail))|"
    r"(?:i am|i'm|i will be|i'll be) (?:currently |presently )?(?:out|away|on leave|on vacation|absent|travell?ing)|vacation (?:reply|response|message|notice)|limited access to (?:my )?e-?mail|"
    r"fuera de (?:la )?(?:oficina|mi oficina)|estoy (?:de vacaciones|ausente|fuera)|estare (?:de vacaciones|ausente|fuera)|ausencia de (?:la )?oficina|me encuentro (?:fuera|de vacaciones|ausente)|ausente de la oficina|de baja (?:medica|maternal|laboral)|"
    r"fora do escritorio|estou (?:de ferias|ausente|fora)|estarei (?:de ferias|ausente|fora)|ausencia temporaria|ausente do escritorio|encontro-me (?:ausente|de ferias|fora)|"
    r"absent(?:e)? du bureau|je suis (?:absente?|en conges?|actuellement absente?|en vacances)|je serai absente?|en conges? (?:jusqu|du)|absence du bureau|message d'absence|actuellement absente?|"
    r"abwesenheit|nicht im (?:buro|hause)|ich bin (?:derzeit |momentan |zurzeit |vom .{3,40} )?(?:nicht (?:im|erreichbar)|abwesend|im urlaub|ausser haus)|im urlaub|ausser haus|bin ich nicht (?:im|erreichbar)|"
    r"will not be reading my (?:e-?)?mail|fuori (?:ufficio|sede)|assente dall|sono in ferie|afwezig|niet aanwezig|fravaer|franvarande|poissa|nieobecn|na urlopie|poza biurem|mimo kancelar|na dovolen|hazon kivul|szabadsagon vagyok|"
    r"(?:ar|er) pa (?:semester|ferie)|kontorista|ofis d[iı]s[iı]nda|izinde(?:yim)?\b|in concediu|"
    + _folded(
        "в отпуске|вне офиса|отсутствую|у відпустці|поза офісом|εκτός γραφείου|σε άδεια|不在にして|不在です|休暇中|休暇を|外出して|不在办公室|正在休假|休假中|外出中|부재중|휴가 중|휴가중|خارج المكتب|מחוץ למשרד"
    )
    + ")"
)


AUTO_SUBJECT = Spotter(
    r"(?:^|\W)(?:auto(?:matic|mated|matica|matique|matische|matisch)?[ -]?(?:reply|response|respond\w*|answer|generated|antwort|resposta|respuesta|reponse)|"
    r"respuesta automatica|resposta automatica|reponse automatique|automatische antwort|automatisch(?:e)? (?:antwort|reactie|antwoord)|risposta automatica|automaattinen|automatiskt svar|automatisk svar|autosvar|"
    r"automatyczna odpowiedz|automaticka odpoved|otomatik yan[iı]t|abwesenheitsnotiz|autoreply|auto:|avtomatich|abwesend:|"
    + _folded(
        "автоответ|автоматический ответ|автоматична відповідь|αυτόματη απάντηση|自动回复|自動回覆|自動返信|自動応答|자동 회신|자동 응답|رد تلقائي|תשובה אוטומטית|מענה אוטומטי"
    )
    + ")"
)


#: At the very beginning only: "Re: Declined: …" answers a letter of ours.
CALENDAR_SUBJECT = re.compile(
    r"(?:accepted|declined|tentative|aceptada|rechazada|aceite|zugesagt|abgesagt|accepte ?):"
)


CALENDAR_WORDS = Spotter(
    r"has (?:tentatively )?(?:accepted|declined) (?:this|your|the) (?:invitation|event|meeting)|ha (?:aceptado|rechazado) (?:la|esta|su) invitacion|"
    r"(?:aceitou|recusou) (?:o|este|seu) convite|a (?:accepte|refuse) (?:l'|cette |votre )invitation|hat (?:die|diese|ihre) einladung (?:angenommen|abgelehnt)"
)


TICKET_SUBJECT = re.compile(
    r"(?:(?:ticket|case|incident|request|caso|incidencia|chamado|demande|anfrage|vorgang)\s*(?:#|no\.?|nr\.?|id|n\.?)\s*[:#]?\s*[\w-]*\d|\[(?:ticket|case|request|incident|support)[^\]]{0,40}\d[^\]]*\]|\[#\w*\d+\]|##\s?\d+\s?##)"
)


TICKET_WORDS = Spotter(
    r"(?:(?:your|a|the) (?:new )?(?:ticket|case|incident|request|enquiry|inquiry|e-?mail|message)(?: [(\[]?[#\w-]{0,20}\d[)\]]?,?)? (?:has been|was|is) (?:received|created|opened|registered|logged|assigned|added|queued)|"
    r"(?:ticket|case|incident)(?: number| id| no\.?)? ?(?:is|has been|:|#)|"
    r"(?:su|tu) (?:solicitud|caso|ticket|incidencia|consulta|mensaje|correo)(?: [#\w-]{0,20}\d)? ha sido (?:recibid|cread|registrad|abiert)|se ha creado (?:el|un) (?:ticket|caso)|"
    r"(?:sua|seu) (?:solicitacao|chamado|ticket|mensagem|pedido|e-?mail)(?: [#\w-]{0,20}\d)? foi (?:recebid|criad|registrad|abert)|"
    r"votre (?:demande|ticket|message|e-?mail) a (?:bien )?ete (?:recu|enregistre|cree|prise)|"
    r"ihre (?:anfrage|nachricht|e-?mail|mail) (?:ist|wurde) (?:bei uns )?(?:eingegangen|erstellt|registriert|angenommen|empfangen)|ticket wurde erstellt|eingangsbestatigung)"
)


#: What people write too. Two of them, or one and a promise, are a machine's.
THANKS_WORDS = Spotter(
    r"(?:thank(?:s| you) for (?:contacting|your (?:e-?mail|message|enquiry|request)|getting in touch|reaching out)|we (?:have )?received your (?:e-?mail|message|request|enquiry|ticket)|"
    r"hemos recibido (?:su|tu) (?:solicitud|mensaje|correo|consulta|caso)|gracias por (?:contactar|ponerse en contacto|su mensaje|escribir)|"
    r"recebemos (?:sua|seu|a sua|o seu)|obrigad[oa] por (?:entrar em contato|contactar|contatar|sua mensagem)|"
    r"nous avons bien recu votre|merci de nous avoir contact|"
    r"wir haben ihre (?:anfrage|nachricht|e-?mail) erhalten|vielen dank fur ihre (?:anfrage|nachricht|e-?mail))"
)


PROMISE_WORDS = Spotter(
    r"(?:(?:get back|be in touch|respond|reply|answer|contact you)\b.{0,40}(?:hours?|days?|soon|shortly|possible)|within (?:the next )?(?:\d+|one|two|three)|\d+ (?:business|working) |aim to|"
    r"(?:our|a|an|one of our) (?:\w+ )?(?:team|agents?|representatives?|colleagues?|staff)\b|(?:ticket|case|reference|request|incident) (?:number|no\b|id\b)|being (?:reviewed|processed)|unattended|not monitored|"
    r"un agente|(?:nuestro|el) equipo|brevedad|en un plazo|le responder|nos pondremos en contacto|numero de (?:caso|ticket|solicitud|referencia)|"
    r"(?:nossa|a) equipe|entraremos em contato|retornaremos|numero d[oe] (?:chamado|protocolo)|abrimos o|"
    r"notre equipe|nos equipes|brefs delais|meilleurs delais|sous le numero|vous repondr|"
    r"unser team|unsere mitarbeiter|schnellstmoglich|so schnell wie moglich|innerhalb (?:von|der)|werden uns|bearbeit|vorgangsnummer|ticket|(?:number|numero|nummer)\b.{0,10}\d{3}|contestaremos|responderemos)"
)


CHALLENGE = Spotter(
    r"(?:(?:click|reply|respond|follow|visit|press|complete|use).{0,80}(?:to (?:verify|prove|confirm) (?:that )?you(?:'re| are)|(?:deliver|release|approve) your (?:message|e-?mail|mail))|"
    r"to (?:release|deliver) (?:your|this|the) (?:message|e-?mail|mail)[, ].{0,40}(?:reply|click|press|visit)|"
    r"(?:verify|confirm) (?:that )?you(?:'re| are) (?:a )?(?:human|person|real|not a)|challenge[ -]response|sender (?:verification|confirmation|address verification)|your (?:message|e-?mail|mail) (?:is|has been) (?:being )?(?:held|quarantined|placed on hold|waiting)|"
    r"(?:spam ?arrest|boxbe|mailblocks|tmda|bluebottle|earthlink spamblocker|antispam ?uol)|not (?:yet )?(?:on|in) my (?:approved|allowed|white)|allow-?list|approved senders?|"
    r"demuestre que|verificar que (?:es|usted)|su mensaje (?:esta|ha sido) retenido|comprove que|confirme que voce|sua mensagem (?:esta|foi) retida|antispam|prouver que vous|votre message est en attente|beweisen sie|bestatigen sie.{0,60}(?:mensch|absender)|ihre nachricht wurde zuruckgehalten)",
    re.S,
)


AUTOMATIC_WORDS = Spotter(
    r"(?:this is an? (?:auto(?:matic|mated|-generated|matically generated)?|system[- ]generated)\b.{0,30}(?:reply|response|message|e-?mail|mail|notification|answer|acknowledg)|automatically generated|(?:message|notice|notification|e-?mail|mail) (?:was|is|has been) (?:generated|created|sent) automatically|auto-?generated|(?:blocked|rejected|stopped) by (?:the|our|a) (?:content|spam|mail|e-?mail) filter|do not reply to this (?:e-?mail|message|mail)|please do not (?:reply|respond)(?: directly)?(?: to this| to the sender|[.,;!]|$)|"
    r"unattended mailbox|(?:mailbox|address) is not (?:monitored|attended)|"
    r"(?:este|esta) (?:es )?(?:un |una )?(?:mensaje|correo|respuesta|e-?mail) (?:es |ha sido )?(?:generad[oa] )?automatic|respuesta automatica|no responda a este (?:correo|mensaje)|(?:cuenta|direccion|buzon)(?: de correo)? ya no esta|"
    r"mensagem automatica|resposta automatica|nao responda (?:a )?est[ea]|e-?mail automatico|gerad[oa] automaticamente|"
    r"(?:message|reponse|courriel|e-?mail) (?:est )?automatique|genere automatiquement|ne (?:pas|repondez pas) (?:repondre|a ce)|merci de ne pas repondre|"
    r"automatisch (?:generiert|erstellt|erzeugt|versendet|verschickt)|automatische (?:antwort|nachricht|e-?mail|mail|eingangsbestatigung)|nicht auf diese (?:e-?mail|nachricht|mail)|"
    r"risposta automatica|automatisch bericht|automatiskt (?:svar|meddelande))"
)


#: Who left: a machine says so and names another address; a person says so and goes on.
LEFT_WORDS = Spotter(
    r"(?:no longer (?:with|works? (?:at|for)|employed)|has left the (?:company|organi[sz]ation)|ya no trabaja|ya no (?:pertenece|forma parte)|ja nao trabalha|nao trabalha mais|"
    r"ne travaille plus|a quitte (?:la societe|l'entreprise)|nicht mehr (?:im|bei|fur) |arbeitet nicht mehr)"
)


#: "I was out of the office yesterday" is said by somebody who is back.
BACK = re.compile(
    r"(?:\bwas|\bwere|\bbeen|\bback from|estuve|estaba|estive|estava|etais|\bwar)\b.{0,20}$"
)


AUTO_HEADERS = (
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-autoreply-from", "x-mail-autoreply",
    "x-autogenerated", "x-auto-generated", "x-vacation", "x-ebay-mailtracker", "x-amazon-mail-relay-type",
    "x-opt-autoresponse", "x-cron-env", "x-mdautoresponse", "x-auto-response", "x-automatic-reply", "x-zendesk-auto-reply",
)  # fmt: skip


TICKET_HEADERS = (
    "x-jira-fingerprint", "x-rt-loop-prevention", "x-rt-originator", "x-otrs-loop", "x-znuny-loop", "x-zammad-ticket-id",
    "x-freshdesk-ticket", "x-osticket", "x-github-reason", "x-gitlab-project", "x-redmine-host", "x-request-tracker", "x-servicenow-generated",
    "x-zendesk-from-account-id", "x-kayako", "x-hubspot", "x-helpscout-conversation", "x-freescout-mail-type", "x-bugzilla-reason",
)  # fmt: skip


LIST_HEADERS = ("list-id", "list-post", "list-unsubscribe", "list-help", "x-mailman-version", "x-beenthere", "x-mailinglist",
                 "mailing-list", "x-loop", "feedback-id", "x-campaign-id", "x-csa-complaints")  # fmt: skip


RECEIPT_SUBJECT = re.compile(
    r"(?:read|not read|deleted|gelesen|ungelesen gel\w+|leido|no leido|lida|nao lida|lu|non lu|letto|gelezen) ?:"
)


RECEIPT_WORDS = Spotter(
    r"(?:was read on|was deleted without being read|(?:se )?leyo el|fue leido|foi lid[oa]|a ete lu|a ete supprime sans etre lu|"
    r"wurde (?:am .{6,60} )?(?:gelesen|ungelesen geloscht)|eliminado sin leer|excluida sem ser lida)"
)


#: What mail servers say at the head of a bounce; with the subject of one, whoever it is from.
BOUNCE_WORDS = Spotter(
    r"(?:this is the (?:mail system|qmail-send|mail delivery)|could not be delivered to (?:one or more|the following|all)|"
    r"delivery to the following recipients? (?:has )?failed|was not delivered to|did not reach (?:some|the following)|permanent (?:fatal )?error|"
    r"\b5\d\d[ -]5\.\d\.\d|nicht zugestellt werden|no se (?:ha )?(?:pudo|podido) entregar|nao (?:pode|foi possivel) (?:ser )?entreg|n'a pas pu etre (?:remis|distribu))"
)


REACTION = Spotter(
    r"^\W*(?:\S{1,8} )?.{0,80}(?:reacted (?:to|via)|liked your (?:message|e-?mail)|ha reaccionado|reagiu a|a reagi|hat (?:auf .{1,80})?reagiert)"
    r"|^\W*(?!i )\w+(?: \w+){0,3} (?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned) [“\"«]"
)


LIST_COMMAND = re.compile(
    r"^\s*(?:(?:auth|confirm|cnf) [0-9a-f]{8,}|subscribe |unsubscribe |confirm(?:ation)? (?:of )?subscription)",
    re.I,
)
