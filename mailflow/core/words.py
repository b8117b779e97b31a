# ruff: noqa: E501 - word lists
"""The words of reading: what decides, what is harmless beside it, and what takes it back.

All words are folded (`hygiene.fold`): lower case, no accents. The five languages share one
lexicon, since words of every language are taken from everyone (DOMAIN.md §4). A word that means
something harmless in one language and a doubt in another counts as a doubt.
"""

from __future__ import annotations

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
    LANGUAGE = "language"
    UNKNOWN = "unknown"


def word_set(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


# --- the two decisions -------------------------------------------------------------------------

YES = word_set("yes si sim oui ja")

#: Forms that say it in the first person, or as a finished fact.
CONFIRM_SAID = word_set(
    "confirmed confirmo confirmamos confirmado confirmada confirmados confirmadas confirmons "
    "bestatige bestaetige bestatigt bestaetigt"
)
#: Forms that are also an order or an infinitive: with "please" before them they ask us.
CONFIRM_OPEN = word_set("confirm confirmar confirmer confirme confirmee bestatigen bestaetigen")
CONFIRM = CONFIRM_SAID | CONFIRM_OPEN

ACCEPT_SAID = word_set(
    "accepted activated acepto aceptamos aceptado aceptada activo activamos activado activada aceito "
    "aceitamos aceite aceita ativo ativamos ativado ativada acceptons acceptee activons activee aktiviere "
    "aktiviert akzeptiere akzeptiert annehme angenommen j'accepte j'active"
)
ACCEPT_OPEN = word_set(
    "accept activate aceptar activar aceitar ativar accepter activer accepte aktivieren akzeptieren annehmen "
    "activen activenla activad ative ativem activez d'activer"
)
#: An order to us, who do it: "please activate the account" from C is his yes. ("Please accept" or
#: "please confirm" asks us for something that only he can do.)
ACCEPT_ORDER = word_set(
    "activate activar activen activenla activad ativar ative ativem activer activez d'activer aktivieren"
)
ACCEPT = ACCEPT_SAID | ACCEPT_OPEN

#: What may stand before the deciding word: I, yes, courtesy, "everything is correct and".
BEFORE = word_set(
    "every each agree agreed approve approved validate validated complete accurate exact fully matches match sure writing am be looking cheers "
    "todas bueno buena exacta exactos completo completa completos completas validado valido apruebo aprobado estoy estamos acuerdo peticion "
    "todas bem exata completo aprovo aprovado validado estou estamos acordo peticao otima "
    "toutes suis sommes valide validee validons approuve approuvons exacte exacts exactes complet complete bonne bons requete ordre "
    "alle allen aller stimmen bestens sehr bin vollstandig vollstandige richtigen korrekten genehmigt freigegeben "
    "yep yup i we hereby herewith yes si sim oui ja ok okay oki all everything everyone and the "
    "is are it its it's looks look good great fine right correct perfect agreed data details information "
    "values request above this that's i'm we're have reviewed checked verified thanks thank very much many "
    "me happy can gladly we've i've absolutely definitely completely fully everything's all's sounds formally officially also do indeed so both our my excellent super "
    "yo nosotros nos le les lo la los las el te os vale todo todos toda correcto correcta "
    "correctos correctas bien perfecto perfecta conforme de acuerdo y e datos informacion solicitud esta estan es son gracias muchas "
    "revisada revisados revisadas comprobada comprobados comprobadas verificada verificados verificadas efectivamente exacto exactamente claro totalmente completamente queda quedan he hemos revisado comprobado verificado doy damos mi nuestra desde aqui procedo procedemos mediante presente estupendo genial "
    "exato exatamente completamente eu nos tudo certo certa certos correto correta corretos corretas perfeito esta estao otimo "
    "conferidos conferidas conferida revisado revisados revisada revisadas verificados verificadas sao o a os as dados informacoes pedido solicitacao obrigado obrigada muito fica ficam tenho revisei verifiquei conferi conferido "
    "l'ensemble toutes exactement effectivement absolument entierement je nous vous le la les merci beaucoup d'accord dac tout tous est c'est ca cela convient bon parfait exact "
    "correcte correctes corrects moi donnees informations demande sont et par presente bien j'ai verifie verifies tres "
    "genau jawohl absolut vollstandig ich wir hiermit danke vielen dank alles gut passt stimmt korrekt richtig in ordnung einverstanden prima "
    "und die der das den angaben daten anfrage antrag sind ist habe haben gepruft geprueft gerne gern"
)
#: What belongs only before: "I have checked" is praise, "that I have the mail" a receipt.
_ONLY_BEFORE = word_set(
    "sure have we've i've can do he hemos habe haben tenho j'ai revisei verifiquei conferi"
)
#: What may stand behind it: the thing that is decided, praise, thanks, "please go ahead".
AFTER = (BEFORE - _ONLY_BEFORE) | word_set(
    "submit send process activation activate mate guys folks request's "
    "proceso tramite formulario activacion solicitudes envien enviar prosigan "
    "processo tramite formulario ativacao enviar prossigam "
    "processus procedure activation envoyer formulaire "
    "vorgang prozess aktivierung bearbeitung senden legen richten um an zusammen "
    "side end thx cote seite societe sociedad sociedade organisation organizacion organizacao unserer meiner nossa nuestro lado tramitar tramiten gestionar gestion avancen avanzar avancemos procedez lancez creez durchfuhren "
    "of as shown listed given stated described below abaixo debajo ci-dessous unten untenstehend untenstehende untenstehenden correctly accurate accurately valid true that "
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
    "unser unsere unseren einrichtung beauftragung diese dieser diesen dieses este esta estes estos essa esse cette ces ce ceci"
)
#: Small words that are harmless only before the given ones: "good to go", "fine for me".
PAIRS: dict[str, frozenset[str]] = {
    "to": word_set("me us go proceed continue create"),
    "go": word_set("ahead"),
    "ahead": word_set("and"),
    "vouloir": word_set("activer"),
    "for": word_set("me us our the this my account request"),
    "you": word_set("can may go"),
    "may": word_set("proceed go continue"),
    "can": word_set("proceed go continue create"),
    "have": word_set("reviewed checked verified"),
    "he": word_set("revisado comprobado verificado"),
    "hemos": word_set("revisado comprobado verificado"),
    "para": word_set("mi nosotros el la o a nuestro nuestra nosso nossa este esta mim nos"),
    "on": word_set("behalf our my"),
    "from": word_set("our my"),
    "von": word_set("unserer meiner"),
    "por": word_set("mi favor parte nuestra nossa todo"),
    "pour": word_set("moi nous le la notre ce cette"),
    "fur": word_set("mich uns den die das unseren unser"),
}
#: Things that one goes on with and does not confirm: "confirmed, continue with the process".
COURSES = word_set(
    "process proceso processo processus procedure vorgang prozess bearbeitung tramite formulario formulaire"
)
#: A bare yes with more words must say what to: praise, or "go on". "Yes, I am" answers another
#: question, "Yes, it is correct" does not.
PRAISE = word_set(
    "correct right good great fine perfect accurate exact ok okay agreed agree complete valid absolutely definitely exactly excellent approved confirmed thanks thank please "
    "correcto correcta correctos correctas bien perfecto perfecta exacto exactamente conforme acuerdo vale bueno claro efectivamente gracias favor genial estupendo excelente totalmente "
    "certo certa certos correto correta corretos corretas bem perfeito exato exatamente otimo obrigado obrigada acordo "
    "bon bonne parfait correct correcte corrects correctes exact exactement d'accord merci convient effectivement absolument plait excellent "
    "gut richtig korrekt passt stimmt stimmen bestens perfekt einverstanden genau jawohl absolut danke dank bitte gerne gern prima super"
)
#: A bare yes beside one of these answers some other question ("Yes, that is the customer"), …
THINGS = word_set(
    "account accounts customer customer's client client's company company's behalf registration application entry content contents "
    "responsibility authority terms smart cuenta cuentas cliente clientes empresa nombre alta registro conta contas cadastro "
    "compte comptes client entreprise konto kontos kunde kunden kundenkonto firma unternehmen true"
)
#: … unless the sentence says to go on ("Yes, please create the account").
GOING = word_set(
    "aller allez-y allez submit legen richten send process "
    "go ahead proceed continue create creating proceder procedan procede proceda continuar seguir sigan crear creen adelante prosseguir "
    "prossiga prossigam avancar avance avancem criar criem poursuivre continuer creer lancer fortfahren weitermachen weiter anlegen erstellen"
)
#: Small words that are harmless only behind the given ones: "proceed with the request".
_GOING = word_set(
    "aller allez-y allez submit legen richten send process "
    "proceed continue ahead create account it proceder procedan adelante seguir sigan continuar crear cuenta prosseguir avancar "
    "criar conta proceder creer compte anlegen erstellen weiter fortfahren konto ahora hoy"
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
    "with": word_set("proceed continue ahead happy agree fine"),
    "con": word_set("proceder procedan continuar continuen adelante seguir acuerdo"),
    "com": word_set("prosseguir continuar seguir acordo"),
    "you": word_set("thank"),
    "on": word_set("carry go"),
    "por": word_set("doy damos"),
    "aller": word_set("y"),
    "parte": word_set("mi nuestra minha nossa"),  # and not "em parte"
    "for": word_set("go"),
    "to": word_set("happy glad pleased is writing"),
    "a": word_set("procedo procedemos"),
}
#: An infinitive that performs what it says: "this is to confirm", "procedo a confirmar".
PERFORMING: dict[str, frozenset[str]] = {
    "to": word_set("happy glad pleased is writing"),
    "a": word_set("procedo procedemos"),
}
#: Questions without a question mark begin with the verb.
INVERTED = word_set(
    "is are was were has have do does did can could may shall should will would ist sind hat kann konnen "
    "est sont peut pouvez puis-je puede pueden podria pode podem"
)
#: … but "Pode seguir, confirmado" goes on.
GO_ON = word_set(
    "proceder seguir continuar avanzar avancar prosseguir crear criar tramitar proceed continue go poursuivre"
)
#: After these, up to six words of a name may follow ("the request for Acme Iberia").
NAME_AFTER = word_set(
    "customer client cliente kunde kunden empresa company firma entreprise for para por pour fur fuer von of de da do del named llamada account cuenta conta compte konto request solicitud pedido demande antrag anfrage"
)
PLEASE = word_set("please pls kindly favor bitte veuillez merci porfavor porfa prego svp plait")

# --- the other intents ---------------------------------------------------------------------------

#: Phrases by intent; the longest that fits at a place counts.
PHRASES: dict[Intent, tuple[str, ...]] = {
    Intent.CANCEL: (
        "cancel", "cancelled", "canceled", "cancelar", "cancelo", "cancelamos", "cancelado", "cancelada", "cancelen", "cancele",
        "cancelem", "anular", "anulo", "anulamos", "anulen", "anule", "anulad", "anulem", "annuler", "annule", "j'annule", "annulons", "annulez", "stornieren", "storniere", "storniert", "storno",
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
#: Which intents belong to whom (DOMAIN.md §4). The last seven are everybody's.
SHARED = frozenset(
    {
        Intent.RESEND,
        Intent.STATUS,
        Intent.HELP,
        Intent.CASE,
        Intent.FEEDBACK,
        Intent.ENGLISH,
        Intent.LANGUAGE,
    }
)
BY_PART: dict[str, frozenset[Intent]] = {
    "partner": SHARED | {Intent.CONFIRM, Intent.CANCEL, Intent.RENEW, Intent.CHANGE},
    "approver": SHARED
    | {Intent.ACCEPT, Intent.DECLINE, Intent.NOMINATE, Intent.NOT_ME, Intent.READY},
}
#: What may stand before such a word without weakening it.
LEAD = word_set(
    "i we please pls kindly yes hi hello hereby want to would like wish need you could can must have just the a an "
    "por favor quiero queremos deseo deseamos me gustaria solicito solicitamos hola debo tengo que os ruego le la el un una lo de "
    "quero queremos desejo gostaria eu nos ola o a um uma "
    "je nous veux voulons souhaite souhaitons veuillez merci bonjour dois doit s'il vous plait voudrais "
    "ich wir mochte mochten moechte will wollen bitte hallo muss hiermit den die das diese"
)
