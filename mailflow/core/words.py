# ruff: noqa: E501 - word lists
"""The words of reading: what decides, what is harmless beside it, and what takes it back.

All words are folded (`hygiene.fold`): lower case, no accents. The five languages share one
lexicon, since words of every language are taken from everyone (DOMAIN.md §4). A word that means
something harmless in one language and a doubt in another counts as a doubt.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Intent(StrEnum):
    """What a reply asks for; the words of DESIGN.md §3."""

    CONFIRM = "confirm"
    CANCEL = "cancel"
    ACCEPT = "accept"
    DECLINE = "decline"
    NOMINATE = "nominate"
    NOT_ME = "not_me"
    READY = "ready"
    CHANGE = "change"
    RENEW = "renew"
    RESEND = "resend"
    STATUS = "status"
    HELP = "help"
    CASE = "case"
    FEEDBACK = "feedback"
    ENGLISH = "english"
    UNKNOWN = "unknown"


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- the two decisions -------------------------------------------------------------------------

YES = _set("yes si sim oui ja")

#: Forms that say it in the first person, or as a finished fact.
CONFIRM_SAID = _set(
    "confirmed confirmo confirmamos confirmado confirmada confirmados confirmadas confirmons "
    "bestatige bestaetige bestatigt bestaetigt"
)
#: Forms that are also an order or an infinitive: with "please" before them they ask us.
CONFIRM_OPEN = _set("confirm confirmar confirmer confirme confirmee bestatigen bestaetigen")
CONFIRM = CONFIRM_SAID | CONFIRM_OPEN

ACCEPT_SAID = _set(
    "accepted activated acepto aceptamos aceptado aceptada activo activamos activado activada aceito "
    "aceitamos aceite aceita ativo ativamos ativado ativada acceptons acceptee activons activee aktiviere "
    "aktiviert akzeptiere akzeptiert angenommen j'accepte j'active"
)
ACCEPT_OPEN = _set(
    "accept activate aceptar activar aceitar ativar accepter activer accepte aktivieren akzeptieren annehmen"
)
ACCEPT = ACCEPT_SAID | ACCEPT_OPEN

#: What may stand before the deciding word: I, yes, courtesy, "everything is correct and".
BEFORE = _set(
    "i we hereby herewith yes si sim oui ja ok okay oki all everything everyone and the "
    "is are it its it's looks look good great fine right correct perfect agreed data details information "
    "values request above this that's i'm we're have reviewed checked verified thanks thank very much many "
    "me happy can gladly we've i've absolutely definitely completely fully everything's all's sounds formally officially also do indeed so both our my excellent super "
    "yo nosotros nos le les lo la los las el te os vale todo todos toda correcto correcta "
    "correctos correctas bien perfecto perfecta conforme de acuerdo y e datos informacion solicitud esta estan es son gracias muchas "
    "efectivamente exacto exactamente claro totalmente completamente queda quedan he hemos revisado comprobado verificado doy damos mi parte nuestra desde aqui procedo procedemos mediante presente estupendo genial "
    "exato exatamente completamente eu nos tudo certo certa certos correto correta corretos corretas perfeito esta estao otimo "
    "sao o a os as dados informacoes pedido solicitacao obrigado obrigada muito fica ficam tenho revisei verifiquei conferi conferido "
    "l'ensemble toutes exactement effectivement absolument entierement je nous vous le la les merci beaucoup d'accord dac tout tous est c'est ca cela convient bon parfait exact "
    "correcte correctes corrects moi donnees informations demande sont et par presente bien j'ai verifie verifies tres "
    "genau jawohl absolut vollstandig ich wir hiermit danke vielen dank alles gut passt stimmt korrekt richtig in ordnung einverstanden prima "
    "und die der das den angaben daten anfrage antrag sind ist habe haben gepruft geprueft gerne gern"
)
#: What belongs only before: "I have checked" is praise, "that I have the mail" a receipt.
_ONLY_BEFORE = _set(
    "have we've i've can do he hemos habe haben tenho j'ai revisei verifiquei conferi"
)
#: What may stand behind it: the thing that is decided, praise, thanks, "please go ahead".
AFTER = (BEFORE - _ONLY_BEFORE) | _set(
    "side end thx cote seite unserer meiner parte nossa nuestro lado tramitar tramiten gestionar gestion avancen avanzar avancemos procedez lancez creez durchfuhren "
    "of as shown listed given stated described below correctly accurate accurately valid true that "
    "account accounts creation application submission registration smart entry content contents summary "
    "please pls go ahead proceed continue create creating carry right "
    "asap best regards kind cheers customer customer's client client's company company's behalf "
    "me us agree agreed authorise authorize authorised authorized terms responsibility authority "
    "que cuenta cuentas creacion alta registro pedido cliente clientes empresa nombre del al "
    "adelante proceder procedan procede proceda pueden puede podeis puedes continuar continuen continue "
    "sigan seguir crear creen creadla favor saludos saludo cordiales cordial atentamente "
    "correctamente anterior arriba indicado indicada indicados indicadas mostrado mostrados mostrada tal cual como "
    "conta contas criacao cadastro registo registro cliente empresa da do das dos pode podem prosseguir prossiga prossigam "
    "avancar avance avancem seguir sigam criar criem frente em abracos cumprimentos acima indicados desde "
    "que compte comptes creation du des client entreprise vous pouvez poursuivre continuer proceder creer allez-y "
    "allez y lancer s'il plait svp stp cordialement salutations ci-dessus indiquees ma mon notre votre "
    "konto kontos kontoanlage anlage erstellung kunde kunden kundenkonto firma unternehmen antrags anfrage fur "
    "konnen sie bitte weiter fortfahren weitermachen anlegen erstellen los gruss grusse grussen "
    "freundlichen freundliche viele beste mfg vg lg oben stehenden obigen angegebenen aufgefuhrten dass so ihnen richtigkeit "
    "einrichtung beauftragung diese dieser diesen dieses este esta estes estos essa esse cette ces ce ceci"
)
#: Small words that are harmless only before the given ones: "good to go", "fine for me".
PAIRS: dict[str, frozenset[str]] = {
    "to": _set("me us go proceed continue create"),
    "for": _set("me us our the this my account request"),
    "you": _set("can may go"),
    "may": _set("proceed go continue"),
    "can": _set("proceed go continue create"),
    "have": _set("reviewed checked verified"),
    "he": _set("revisado comprobado verificado"),
    "hemos": _set("revisado comprobado verificado"),
    "para": _set("mi nosotros el la o a nuestro este esta mim nos"),
    "on": _set("behalf our my"),
    "from": _set("our my"),
    "von": _set("unserer meiner"),
    "por": _set("mi favor parte nuestra nossa todo"),
    "pour": _set("moi nous le la notre ce cette"),
    "fur": _set("mich uns den die das unseren unser"),
}
#: A bare yes beside one of these answers some other question ("Yes, that is the customer"), …
THINGS = _set(
    "account accounts customer customer's client client's company company's behalf registration application entry content contents "
    "responsibility authority terms smart cuenta cuentas cliente clientes empresa nombre alta registro conta contas cadastro "
    "compte comptes client entreprise konto kontos kunde kunden kundenkonto firma unternehmen true"
)
#: … unless the sentence says to go on ("Yes, please create the account").
GOING = _set(
    "go ahead proceed continue create creating proceder procedan procede proceda continuar seguir sigan crear creen adelante prosseguir "
    "prossiga prossigam avancar avance avancem criar criem poursuivre continuer creer lancer fortfahren weitermachen weiter anlegen erstellen"
)
#: Small words that are harmless only behind the given ones: "proceed with the request".
_GOING = _set(
    "proceed continue ahead create account it proceder procedan adelante seguir sigan continuar crear cuenta prosseguir avancar "
    "criar conta proceder creer compte anlegen erstellen weiter fortfahren konto right ahora hoy"
)
AFTER_PAIRS: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            "now",
            "today",
            "immediately",
            "away",
            "ya",
            "ahora",
            "hoy",
            "mismo",
            "agora",
            "hoje",
            "maintenant",
            "jetzt",
            "heute",
        ),
        _GOING,
    ),
    "with": _set("proceed continue ahead happy agree fine"),
    "con": _set("proceder procedan continuar continuen adelante seguir acuerdo"),
    "com": _set("prosseguir continuar seguir acordo"),
    "you": _set("thank"),
    "on": _set("carry go"),
    "por": _set("doy damos"),
    "aller": _set("y"),
    "to": _set("happy glad pleased"),
}
#: Questions without a question mark begin with the verb.
INVERTED = _set(
    "is are was were has have do does did can could may shall should will would ist sind hat kann konnen "
    "est sont peut pouvez puis-je puede pueden podria pode podem"
)
#: … but "Pode seguir, confirmado" goes on.
GO_ON = _set(
    "proceder seguir continuar avanzar avancar prosseguir crear criar tramitar proceed continue go poursuivre"
)
#: After these, up to six words of a name may follow ("the request for Acme Iberia").
NAME_AFTER = _set(
    "for para por pour fur fuer von of de da do del named llamada account cuenta conta compte konto request solicitud pedido demande antrag anfrage"
)
PLEASE = _set("please pls kindly favor bitte veuillez merci porfavor porfa prego svp plait")

# --- the other intents ---------------------------------------------------------------------------

#: Phrases by intent; the longest that fits at a place counts.
PHRASES: dict[Intent, tuple[str, ...]] = {
    Intent.CANCEL: (
        "cancel", "cancelled", "canceled", "cancelar", "cancelo", "cancelamos", "cancelado", "cancelada", "cancelen", "cancele",
        "annuler", "annule", "j'annule", "annulons", "annulez", "stornieren", "storniere", "storniert", "storno",
        "withdraw", "retirar la solicitud", "retiro la solicitud", "retirar o pedido", "zuruckziehen",
    ),
    Intent.DECLINE: (
        "decline", "declined", "reject", "rejected", "rechazar", "rechazo", "rechazamos", "rechazado", "rechazada", "recusar", "recuso",
        "recusamos", "recusado", "recusada", "refuser", "refuse", "je refuse", "refusons", "ablehnen", "lehne ab", "ich lehne ab",
        "wir lehnen ab", "lehnen ab", "abgelehnt",
    ),
    Intent.NOMINATE: (
        "nominate", "designar", "designo", "designamos", "indicar", "indico", "indicamos", "designer", "je designe", "designe",
        "designons", "benennen", "benenne", "nombrar", "nomear", "nomeio", "nommer",
    ),
    Intent.NOT_ME: (
        "not me", "it's not me", "this is not me", "that's not me", "that is not me", "not mine", "no soy yo", "ese no soy yo",
        "este no soy yo", "nao sou eu", "pas moi", "ce n'est pas moi", "c'est pas moi", "nicht ich", "das bin ich nicht", "bin ich nicht",
        "das bin nicht ich", "ich bin es nicht", "i am not the right person", "i'm not the right person", "wrong person",
        "no soy la persona", "nao sou a pessoa", "je ne suis pas la bonne personne", "ich bin nicht der richtige", "falsche person",
        "persona equivocada", "pessoa errada", "mauvaise personne",
    ),
    Intent.READY: (
        "ready", "we are ready", "i am ready", "i'm ready", "we're ready", "listo", "lista", "estoy listo", "estoy lista", "estamos listos",
        "estamos listas", "pronto", "pronta", "estou pronto", "estou pronta", "estamos prontos", "pret", "prete", "je suis pret",
        "je suis prete", "nous sommes prets", "bereit", "ich bin bereit", "wir sind bereit",
    ),
    Intent.RENEW: (
        "renew", "renovar", "renuevo", "renovo", "renovamos", "renouveler", "je renouvelle", "renouvelle", "erneuern", "erneuere",
        "ich erneuere",
    ),
    Intent.RESEND: (
        "resend", "re-send", "send again", "send it again", "reenviar", "reenvio", "reenvie", "reenvien", "renvoyer", "renvoyez", "erneut senden", "nochmal senden",
        "erneut schicken",
    ),
    Intent.STATUS: ("status", "estado", "etat", "what is the status", "what's the status", "statut", "stand"),
    Intent.HELP: ("help", "ayuda", "ajuda", "aide", "hilfe"),
    Intent.CASE: ("case", "caso", "dossier", "fall", "open a case", "abrir un caso", "abrir um caso", "ouvrir un dossier"),
    Intent.FEEDBACK: ("feedback", "comentario", "comentarios", "commentaire", "kommentar"),
    Intent.ENGLISH: ("english", "in english", "en ingles", "ingles", "em ingles", "en anglais", "anglais", "auf englisch", "englisch",
                     "english version", "english please"),
}  # fmt: skip

#: Words of a decision: they count wherever they stand. The others only at the head of a sentence.
DECIDING = frozenset(
    {Intent.CONFIRM, Intent.CANCEL, Intent.ACCEPT, Intent.DECLINE, Intent.NOMINATE, Intent.NOT_ME}
)
#: Which intents belong to whom (DOMAIN.md §4). The last six are everybody's.
SHARED = frozenset(
    {Intent.RESEND, Intent.STATUS, Intent.HELP, Intent.CASE, Intent.FEEDBACK, Intent.ENGLISH}
)
BY_PART: dict[str, frozenset[Intent]] = {
    "partner": SHARED | {Intent.CONFIRM, Intent.CANCEL, Intent.RENEW, Intent.CHANGE},
    "approver": SHARED
    | {Intent.ACCEPT, Intent.DECLINE, Intent.NOMINATE, Intent.NOT_ME, Intent.READY},
}
#: What may stand before such a word without weakening it.
LEAD = _set(
    "i we please pls kindly yes hi hello hereby want to would like wish need you could can must have just the a an "
    "por favor quiero queremos deseo deseamos me gustaria solicito solicitamos hola debo tengo que os ruego le la el un una lo de "
    "quero queremos desejo gostaria eu nos ola o a um uma "
    "je nous veux voulons souhaite souhaitons veuillez merci bonjour dois doit s'il vous plait voudrais "
    "ich wir mochte mochten moechte will wollen bitte hallo muss hiermit den die das diese"
)

# --- what takes it back ------------------------------------------------------------------------

NEGATION = _set(
    "not no never none nothing neither nor nobody cannot can't cant don't dont doesn't doesnt didn't won't wont wouldn't isn't "
    "aren't wasn't haven't hasn't shouldn't couldn't without nope nunca jamas tampoco ni nada ningun ninguna ninguno sin "
    "nao nem nenhum nenhuma sem ne n'est pas jamais aucun aucune rien sans non nicht kein keine keinen keinem keiner nie "
    "niemals nichts ohne nein noch unable"
)
CONDITION = _set(
    "if unless provided providing once when whenever whether assuming until till pending depends depending subject except "
    "only conditional conditionally siempre cuando salvo excepto hasta condicion caso supuesto solo solamente se quando desde "
    "ate condicao exceto apenas somente assim quand lorsque sauf condition pourvu tant jusqu jusqu'a qu'apres seulement wenn falls "
    "sofern sobald bis vorausgesetzt ausser solange ob bedingung nur erst"
)
LATER = _set(
    "tomorrow later soon next monday tuesday wednesday thursday friday saturday sunday week weeks month day after before then "
    "afterwards eventually tonight shortly will shall i'll we'll going gonna yet postpone delay wait first hold stop pause hang "
    "manana luego despues pronto tarde lunes martes miercoles jueves viernes sabado domingo semana mes antes entonces proximo proxima "
    "primero espera esperen esperar espere esperad alto paren todavia aun amanha depois breve segunda terca quarta quinta sexta aguarde aguardem aguardar "
    "espere ainda proximo demain bientot lundi mardi mercredi jeudi vendredi samedi dimanche semaine mois apres avant ensuite "
    "premier abord primeiro zuerst attendez attendre attends encore prochain prochaine morgen spater spaeter bald montag dienstag mittwoch donnerstag freitag "
    "samstag sonntag woche monat nach vor danach dann warten warte wartet werde werden wird stopp halt nachste naechste"
)
CONTRAST = _set(
    "but however although though instead rather otherwise still despite nevertheless unfortunately sorry pero sino aunque embargo "
    "obstante lamentablemente lamento siento mas porem contudo embora entretanto infelizmente mais cependant toutefois malheureusement "
    "desole aber jedoch allerdings obwohl sondern doch leider stattdessen trotzdem ausserdem or oder ou"
)
DOUBT = _set(
    "maybe perhaps probably possibly think guess suppose seems seem might may should would could must need needs needed try sure unsure "
    "doubt wonder wondering question questions ask asking why what which how who where quiza quizas tal vez creo supongo parece "
    "debe debería deberia deben tengo duda dudas pregunta preguntas talvez acho suponho duvida duvidas pergunta perguntas precisa preciso "
    "devo deve peut-etre crois pense suppose semble doit devrait doute question vielleicht glaube denke vermutlich wahrscheinlich "
    "scheint sollte soll muss musste frage fragen zweifel warum wieso was welche wie wer wo"
)
WRONG = _set(
    "wrong incorrect error errors mistake mistakes mistaken typo missing change changes changed correction corrections edit modify replace update fix "
    "remove delete add different false fake fraud spam phishing suspicious joke test incorrecto incorrecta mal falta faltan cambiar "
    "cambia cambio cambios corregir equivocado equivocada equivoco modificar sustituir quitar anadir agregar falso broma prueba errado errada erro falta faltam "
    "mudar mudanca alterar alteracao corrigir adicionar remover brincadeira teste faux fausse erreur manque changer modification corriger ajouter retirer plaisanterie "
    "falsch falsche fehler fehlt fehlen andern aendern anderung korrigieren korrektur hinzufugen entfernen loschen scherz"
)
ELSEWHERE = _set(  # somebody else speaks, or the sentence is about the mail itself
    "he she they his her boss manager supervisor colleague said says told asked wrote word type write reply replied answer click button link "
    "automatic automatically received receive receipt read seen reading look looking check checking verify verifying review reviewing study "
    "dijo dice dicho jefe jefa colega companero pidio escribir palabra responder boton enlace automatico recibido recibida recibi recepcion recibo "
    "recibimos leido visto revisar revisare revisando comprobar comprobare verificar verificare consultar consultare mirar estudiar chefe disse escrever "
    "palavra botao recebido recebida recebi recebemos recebimento leitura rever verificarei vou chef patron collegue dit demande_ ecrire mot repondre bouton "
    "recu recue reception accuse lu vais verifier relire chefin kollege kollegin sagte sagt gesagt schreiben wort antworten knopf erhalten eingang empfang "
    "gelesen prufe pruefe prufen pruefen anschauen ansehen schaue forget ignore disregard undo revoke retract accident accidentally ignorar olvidar "
    "olviden desconsiderar esquecer oublier oubliez ignorez vergessen ignorieren hmm hm uh oops ups nah haha lol jaja jeje kkk mdr april fools denied objection scratch disagree oppose deny meant mean absent office vacation vacaciones urlaub"
)
DOUBTS: tuple[tuple[str, frozenset[str]], ...] = (
    ("a negation", NEGATION),
    ("a condition", CONDITION),
    ("a later time", LATER),
    ("a contrast", CONTRAST),
    ("a doubt or duty", DOUBT),
    ("a correction", WRONG),
    ("somebody else, or the mail itself", ELSEWHERE),
)
#: A comment beside the word must show what it is: thanks, haste, praise, or a good outlook.
CUES = _set(
    "thanks thank thx appreciate appreciated grateful urgent urgently asap great excellent happy glad pleased forward quick quickly fast "
    "gracias agradezco agradecemos agradecida agradecido urgente rapido rapidez encantados excelente genial estupendo contentos "
    "obrigado obrigada agradeco agradecemos urgencia otimo excelente contente felizes "
    "merci remercie remercions urgent vite rapide rapidement ravis excellent super "
    "danke dank dringend eilig schnell schnelle freuen freue prima super toll"
)
CUE_PHRASES = re.compile(
    r"\b(?:(?:customer|client) (?:is|are) (?:already )?(?:waiting|eager|keen)|cliente (?:esta|ya esta|ja esta) (?:esperando|a espera)|cliente (?:espera|aguarda)|"
    r"client attend|kunde wartet)\b"
)
#: Phrases that hold a doubtful word and doubt nothing; they are taken out before the words are judged.
BENIGN = re.compile(
    r"\b(?:as soon as (?:possible|you can)|at your earliest convenience|without (?:further )?delay|no problems? at all|no problem|no worries|not a problem|not at all|of course|no doubt|without (?:any )?doubt|"
    r"lo antes posible|cuanto antes|tan pronto como (?:sea posible|puedan)|sin (?:mas )?(?:demora|duda|problemas?)|(?:no hay|ningun) problema|por supuesto|desde luego|"
    r"o mais (?:rapido|breve) possivel|(?:o )?quanto antes|assim que possivel|sem (?:mais )?(?:demora|duvida|problemas?)|nao ha problema|com certeza|"
    r"des que possible|le plus (?:vite|rapidement|tot) possible|sans (?:plus )?(?:tarder|delai|probleme)|(?:il n'y a )?pas de (?:souci|probleme)s?|aucun (?:souci|probleme)|bien sur|bien entendu|"
    r"so ?bald wie moglich|so schnell wie moglich|schnellstmoglich\w*|ohne verzogerung|kein problem|keine frage|naturlich|selbstverstandlich|guten morgen|jederzeit|nach wie vor)\b"
)
BAD_SIGNS = re.compile("[\U0001f44e❌✖✗✘\U0001f6ab⛔\U0001f6d1❓❔\U0001f914☐⏳⌛]|\\[\\s*\\]")

#: A clause that gives thanks stands on its own beside the word.
THANKS = re.compile(
    r"(?:(?:many |kind )?thanks?(?: you)?|thx|(?:muchas )?gracias|(?:muito )?obrigad[oa]|merci|(?:vielen |besten |herzlichen )?dank|danke)\b(?! de\b)"
)
# --- what is harmless ------------------------------------------------------------------------------

GREETING = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|greetings|to whom it may concern|hola|buen[oa]s?(?: dias| tardes| noches)?|"
    r"estimad[oa]s?(?: [^,]{0,40})?|querid[oa]s?|apreciad[oa]s?|muy (?:senores|buenas)|ola|oi|bom dia|boa (?:tarde|noite)|prezad[oa]s?|caro|cara|caros|"
    r"exm[oa]s?|bonjour|bonsoir|salut|cher|chere|chers|madame|monsieur|mesdames|hallo|guten (?:tag|morgen|abend)|servus|moin|gruss gott|"
    r"sehr geehrte[rn]?|liebe[rs]?)\b[\w\s.'/()-]{0,60}[,:!.]?$"
)
CLOSING = re.compile(
    r"(?:(?:best|kind|kindest|warm|warmest|with (?:best|kind|warm))?\s?(?:regards|wishes)|best|cheers|sincerely|yours(?: \w+){0,2}|respectfully|br|rgds|"
    r"(?:many |kind )?thanks(?: (?:and|&) (?:best |kind )?regards| a lot| so much| in advance| again)?|thank you(?: very much| so much| in advance| and (?:best |kind )?regards)?|thx|ty|"
    r"(?:un |muchos )?(?:cordial(?:es)? |afectuosos? )?saludos?(?: cordial(?:es)?)?|atentamente|atte|un abrazo|cordialmente|"
    r"(?:muchas |mil )?gracias(?: y (?:un )?saludos?| de antemano| por todo)?|gracias y saludos|"
    r"(?:muito )?obrigad[oa](?: desde ja)?|atenciosamente|att|abracos?|cumprimentos|com os melhores cumprimentos|melhores cumprimentos|grat[oa]|"
    r"(?:bien )?(?:a vous )?cordialement|bien a vous|(?:sinceres |meilleures |cordiales )?salutations(?: distinguees)?|merci(?: beaucoup| d'avance| bien| et bonne journee)?|bonne (?:journee|soiree)|"
    r"amicalement|(?:mit |mit den )?(?:freundliche[nm]?|beste[nm]?|viele[nm]?|herzliche[nm]?|liebe[nm]?|schone[nm]?)\s(?:gruss?e?n?|gruessen?|gruesse|dank)|mfg|vg|lg|gruss|gruesse?|"
    r"danke(?: schon| sehr| im voraus| und gruss)?|vielen dank(?: (?:im voraus|und (?:viele )?grusse?))?|besten dank)[\s,.!]*$"
)
#: Sentences that hold a doubtful word and still doubt nothing.
HARMLESS = re.compile(
    r"(?:"
    r"(?:please )?(?:do not|don't|dont|do not) hesitate\b.*|(?:please )?(?:let me|let us) know (?:if|when|once|in case)\b.*(?:need|question|anything|else|done|ready|created|require|help|missing)?.*|"
    r"(?:if|should) you (?:need|have|require)\b.*(?:anything|any|more|further|questions?|details|information).*|(?:feel free to )?(?:call|contact|write|reach|ping) (?:me|us)\b.*|"
    r"(?:i|we)?\s?(?:look|looking) forward\b.*|i hope (?:you|this|all)\b.*(?:well|helps|fine|good).*|hope (?:you|all|this)\b.*(?:well|fine|good).*|"
    r"no (?:further |more |other )?(?:changes?|corrections?|comments?|questions?|problems?|issues?|objections?|remarks)(?: (?:needed|required|necessary|from (?:my|our) side|at all|on my side))?|"
    r"nothing (?:else )?to (?:change|add|correct)|(?:there (?:is|are) )?nothing (?:wrong|missing|to correct)|"
    r"(?:sin|no hay|no tengo|no tenemos) (?:mas |ningun |ninguna |otros )?(?:cambios?|correcci(?:on|ones)|comentarios?|preguntas?|problemas?|objeci(?:on|ones)|dudas?)|"
    r"(?:nada|no hay nada|no tengo nada) (?:mas )?(?:que|por) (?:cambiar|anadir|corregir|objetar|modificar)|no (?:dude|duden|dudes|duden) en\b.*|"
    r"(?:quedo|quedamos|estoy|estamos) (?:a (?:su|tu|vuestra) (?:entera )?disposicion|a la espera|pendientes?)\b.*|cualquier (?:cosa|duda|consulta)\b.*|(?:si|para) (?:necesitan?|necesitas|cualquier|tienen?|hay|hace falta|hiciera falta)\b.*(?:algo|mas|cualquier|duda|consulta|cosa|aqui|disposicion|avis|llam|contact).*|"
    r"(?:espero|esperamos) (?:que|su|vuestr|noticias)\b.*|"
    r"(?:sem|nao ha|nao tenho) (?:mais |nenhuma? )?(?:alteracoes|correcoes|comentarios|duvidas|problemas|objecoes|mudancas)|nada (?:mais )?a (?:alterar|corrigir|acrescentar|mudar)|nao hesit\w+\b.*|"
    r"(?:fico|ficamos|estou|estamos) (?:a|ao) (?:(?:sua |vossa )?(?:inteira )?disposicao|dispor|aguardo)\b.*|(?:fico|ficamos) no aguardo\b.*|(?:qualquer|se precisar\w*|caso precis\w*)\b.*(?:duvida|coisa|algo|disposicao|mais|contact|contat|avis).*|"
    r"(?:aucun|aucune|pas de|sans|rien a)\s(?:autres? )?(?:changements?|modifications?|remarques?|questions?|problemes?|souci|objection|commentaires?|changer|modifier|signaler|ajouter|corriger)|n'hesit\w+ pas\b.*|"
    r"(?:je|nous) (?:reste|restons|demeure|demeurons)\b.*disposition.*|(?:si|en cas de|pour toute) (?:vous avez )?(?:besoin|question)\b.*|"
    r"(?:keine|ohne|kein) (?:weiteren |weitere )?(?:anderungen|aenderungen|fragen|anmerkungen|einwande|probleme?|korrekturen|kommentare)(?: (?:notig|erforderlich|meinerseits))?|nichts zu (?:andern|aendern|korrigieren|erganzen)|"
    r"(?:bei|falls) (?:sie )?(?:ruckfragen|fragen|noch fragen)\b.*|(?:ich|wir) stehe?n?\b.*verfugung.*|(?:zogern|scheuen) sie\b.*|(?:melden sie sich|rufen sie)\b.*|"
    r"(?:(?:many )?thanks?(?: you)?(?: very much)? and )?(?:have|wish you) a (?:nice|great|good) \w+.*|(?:que (?:tenga|tengan|pasen?) )?(?:un )?buen (?:dia|fin de semana)|(?:tenha(?:m)? )?(?:um )?bom (?:dia|fim de semana|trabalho)|bonne journee.*|bon week-?end|schonen (?:tag|abend)(?: noch)?|schones wochenende|feliz (?:dia|tarde|semana)"
    r")[\s.!]*"
)
