# ruff: noqa: E501 - tables of patterns
"""What people write around what they mean: greetings, sign-offs, thanks, offers of help."""

from __future__ import annotations

import re

from mailflow.core.doubts import DOUBTFUL
from mailflow.core.words import word_set

#: A clause that gives thanks stands on its own beside the word.
THANKS = re.compile(
    r"(?:(?:many |kind )?thanks?(?: you)?|thx|(?:muchas )?gracias|(?:muito )?obrigad[oa]|merci|(?:vielen |besten |herzlichen )?dank|danke)\b(?! de (?:bien )?(?:vouloir |me |nous |le |la |l')?\w+(?:er|ir|re)\b)"
)


GREETING = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|greetings|to whom it may concern|hola|buen[oa]s?(?: dias| tardes| noches)?|"
    r"estimad[oa]s?(?: [^,]{0,40})?|querid[oa]s?|apreciad[oa]s?|muy (?:senores|buenas)|ola|oi|bom dia|boa (?:tarde|noite)|prezad[oa]s?|caro|cara|caros|"
    r"exm[oa]s?|bonjour|bonsoir|salut|cher|chere|chers|madame|monsieur|mesdames|hallo|guten (?:tag|morgen|abend)|servus|moin|gruss gott|"
    r"sehr geehrte[rn]?|liebe[rs]?)\b[\w\s.'/()-]{0,60}[,:!.]?$"
)


CLOSING = re.compile(
    r"(?:(?:best|kind|kindest|warm|warmest|with (?:best|kind|warm))?\s?(?:regards|wishes)|best|cheers|sincerely|yours(?: \w+){0,2}|respectfully|br|rgds|"
    r"(?:many |kind )?thanks(?: (?:and|&) (?:best |kind )?regards| a lot| so much| in advance| again)?|thank you(?: very much| so much| in advance| and (?:best |kind )?regards)?|thx|ty|"
    r"(?:recib(?:a|an|e|id) )?(?:un |muchos |mis )?(?:cordial(?:es)? |afectuosos? )?saludos?(?: cordial(?:es)?)?|atentamente|atte|un abrazo|cordialmente|"
    r"(?:muchas |mil )?gracias(?: y (?:un )?saludos?| de antemano| por todo)?|gracias y saludos|"
    r"(?:muito )?obrigad[oa](?: desde ja)?|atenciosamente|att|abracos?|cumprimentos|com os melhores cumprimentos|melhores cumprimentos|grat[oa]|"
    r"(?:bien )?(?:a vous )?cordialement|bien a vous|(?:sinceres |meilleures |cordiales )?salutations(?: distinguees)?|merci(?: beaucoup| d'avance| bien| et bonne journee)?|bonne (?:journee|soiree)|"
    r"amicalement|(?:mit |mit den )?(?:freundliche[nm]?|beste[nm]?|viele[nm]?|herzliche[nm]?|liebe[nm]?|schone[nm]?)\s(?:gruss?e?n?|gruessen?|gruesse|dank)|mfg|vg|lg|gruss|gruesse?|"
    r"see you(?: soon)?|take care|hasta (?:luego|pronto)|ate (?:ja|logo|breve)|a bientot|a plus tard|bis bald|"
    r"danke(?: schon| sehr| im voraus| und gruss)?|vielen dank(?: (?:im voraus|und (?:viele )?grusse?))?|besten dank)[\s,.!]*$"
)


#: Sentences that hold a doubtful word and still doubt nothing, whole.
_FIXED = re.compile(
    r"(?:"
    r"no (?:further |more |other )?(?:changes?|corrections?|comments?|questions?|problems?|issues?|objections?|remarks)(?: (?:needed|required|necessary|from (?:my|our) side|at all|on my side))?|"
    r"nothing (?:else )?to (?:change|add|correct)|(?:there (?:is|are) )?nothing (?:wrong|missing|to correct)|"
    r"(?:sin|no hay|no tengo|no tenemos) (?:mas |ningun |ninguna |otros )?(?:cambios?|correcci(?:on|ones)|comentarios?|preguntas?|problemas?|objeci(?:on|ones)|dudas?)|"
    r"(?:nada|no hay nada|no tengo nada) (?:mas )?(?:que|por) (?:cambiar|anadir|corregir|objetar|modificar)|"
    r"(?:sem|nao ha|nao tenho) (?:mais |nenhuma? )?(?:alteracoes|correcoes|comentarios|duvidas|problemas|objecoes|mudancas)|nada (?:mais )?a (?:alterar|corrigir|acrescentar|mudar)|"
    r"(?:aucun|aucune|pas de|sans|rien a)\s(?:autres? )?(?:changements?|modifications?|remarques?|questions?|problemes?|souci|objection|commentaires?|changer|modifier|signaler|ajouter|corriger)|"
    r"(?:keine|ohne|kein) (?:weiteren |weitere )?(?:anderungen|aenderungen|fragen|anmerkungen|einwande|probleme?|korrekturen|kommentare)(?: (?:notig|erforderlich|meinerseits))?|nichts zu (?:andern|aendern|korrigieren|erganzen)"
    r")[\s.!]*"
)
#: How an offer of help or a good wish begins. What follows must be of its kind, word by word:
#: "call me any time" says nothing, "call me before you create it" says a lot.
_HEADS = re.compile(
    r"(?:"
    r"(?P<thanks>(?:many |mil |muchas |muito |vielen |besten |herzlichen )?(?:thanks?(?: you)?|gracias|obrigad[oa]|merci|danke|dank)(?: so much| very much| a lot| again| beaucoup)? "
    r"(?:for|por|pelo|pela|pour|fur))|"
    r"(?:please )?(?:do not|don't|dont) hesitate|(?:please )?(?:let me|let us) know (?:if|when|once|in case)|(?P<offer>(?:if|should) you (?:need|have|require)|(?:si|para) (?:necesitan?|necesitas|cualquier|tienen?|hay|hace falta|hiciera falta)|se precisar\w*|caso precis\w*)|"
    r"(?:please )?feel free to (?:call|contact|write|reach|ping)|(?:please )?(?:call|contact|write|reach|ping) (?:me|us) (?:any ?time|whenever|if you|should you|with any|for any)|(?:(?:i|we) )?(?:am |are )?(?:look|looking) forward|(?:i )?hope (?:you|this|all)|"
    r"(?:(?:many )?thanks?(?: you)?(?: very much)? and )?(?:have|(?:i |we )?wish you|wishing you) an? (?:\w+ ){0,2}(?:day|week-?end|week|evening|afternoon|morning|one|time)|"
    r"no (?:dude|duden|dudes|duden) en|(?:quedo|quedamos|estoy|estamos) (?:a|pendientes?)|cualquier (?:cosa|duda|consulta)|"
    r"(?:espero|esperamos) (?:que|su|vuestr\w+|noticias)|"
    r"que (?:tenga|tengan|tengas|pase|pasen)|(?:un )?(?:buen|buena|feliz|excelente)|"
    r"nao hesit\w+|(?:fico|ficamos|estou|estamos) (?:a|ao|no)|qualquer (?:coisa|duvida|questao)|tenham? um|tenham? uma|(?:um )?bom|(?:uma )?boa|otima?|"
    r"n'hesit\w+ pas|(?:je|nous) (?:reste|restons|demeure|demeurons)|(?:si|en cas de|pour toute) (?:vous avez )?(?:besoin|question)|bonne|bon|excellente?|"
    r"(?:bei|falls|fur) (?:sie )?(?:weitere )?(?:ruckfragen|fragen|noch fragen)|(?:ich|wir) stehe?n?|(?:zogern|scheuen) sie|(?:melden sie sich|rufen sie)|(?:einen |eine |ein )?schone[nsr]?"
    r")(?: |$)"
)
_TAIL = word_set(
    "to from for of in on at with about the a an any me us you your my our this that it is are be can may need needs require have has "
    "help helps helpful assist assistance information info details question questions anything else further more other additional "
    "whenever time anytime contact contacting call write reach reaching out directly if should know hearing hear working work together well soon "
    "reply response answer feel free please let hesitate and or regarding everyone all finds find fine good doing done ready created set up account when once "
    "activation creation great nice lovely wonderful pleasant fantastic day weekend week evening afternoon morning ahead too rest many thanks thank "
    "para cualquier duda dudas consulta consultas cosa cosas aclaracion pregunta preguntas adicional adicionales mas informacion contactarme contactarnos "
    "contactar contactame contactenme llamarme llamar llamame escribirme escribir escribanme avisarme avisan avisas avisar avisen avisadme avisame avisenme aqui estoy estamos "
    "su sus suyas tu vuestra vuestro entera disposicion en con que lo la el nos o y e algo necesario necesiten necesitas necesitan necesita falta por favor conmigo "
    "respuesta noticias pronta bien encuentre encuentren este esten un una buen buena feliz dia tarde noche semana fin excelente lindo activacion alta creacion espera "
    "qualquer coisa informacao contactar contatar contate contate-me fale comigo mim sua vossa inteira dispor aguardo retorno resposta disposicao "
    "precisar precisarem precise mais algo bom boa otimo otima noite fim semana trabalho uma ficamos fico ao no "
    "pour nous vous contacter appeler ecrire revenir vers toute autre autres complement complementaire d'information informations votre entiere disposition "
    "si besoin cas avez et tout tous de journee soiree continuation apres-midi week-end suite egalement aussi question questions precision precisions "
    "ihnen fur gerne gern jederzeit zur verfugung weitere ruckfragen fragen sie sich mich uns mir bei bitte nicht zu kontaktieren melden anzurufen an einfach "
    "haben oder noch weiteren informationen auch tag abend woche wochenende feierabend ich wir stehe stehen und"
)


#: What thanks, haste and praise speak of: "thanks for the quick turnaround, the customer is waiting".
_TALK = word_set(
    "mil quick prompt fast speedy swift rapid setting organising organizing arranging preparing sending doing working looking taking care sorting support lot lots really greatly overview summary mail message email e-mail update so much today time times patience patient kind kindness cooperation collaboration effort efforts job turnaround processing action attention "
    "assistance service super everything always again advance appreciated customer's eagerly matter needed needs waiting eager keen they project "
    "their order such so process handling "
    "resumen correo mensaje ayuda apoyo atencion paciencia colaboracion rapidez trabajo equipo gestion servicio antemano siempre muy tan esperando esperan urge proyecto tramite "
    "rapida rapido pela pelo pelas pelos resumo mensagem retorno ajuda apoio atencao paciencia colaboracao trabalho equipe servico antecipadamente sempre cliente esperando projeto "
    "rapide recapitulatif resume message mail votre aide soutien attention patience collaboration travail equipe service avance toujours client attend projet travailler avec reactivite traitement "
    "ihre ihren ihrer ihr deine ubersicht zusammenfassung nachricht mail hilfe unterstutzung geduld zusammenarbeit arbeit bemuhungen muhe service voraus immer kunde wartet projekt es eilt auf darauf antwort bearbeitung schnelle schnellen"
)


def is_courtesy(word: str) -> bool:
    """Whether a word belongs to offers, wishes, thanks and haste, and to nothing that decides."""
    return word in _TAIL or word in _TALK


_OFFERED = word_set(
    "anything any more further help details question questions information info duda dudas consulta consultas cosa cosas pregunta "
    "preguntas mas adicional informacion algo aclaracion coisa duvida duvidas mais informacao"
)


def harmless(folded: str) -> bool:
    """Whether a sentence holds a doubtful word and still doubts nothing: an offer, a good wish."""
    if _FIXED.fullmatch(folded):
        return True
    head = _HEADS.match(folded)
    if head is None:
        return False
    tail = set(folded[head.end() :].split())
    # "If you need anything" offers help; "if you need the account" is a condition.
    if head.group("thanks"):
        # Thanks without a doubtful word are a comment, which is kept.
        return tail <= _TAIL | _TALK and not tail.isdisjoint(DOUBTFUL)
    return tail <= _TAIL and not (head.group("offer") and tail.isdisjoint(_OFFERED))
