# ruff: noqa: E501 - tables of patterns
"""What people write around what they mean: greetings, sign-offs, thanks, offers of help."""

from __future__ import annotations

import re

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
    r"(?:un |muchos )?(?:cordial(?:es)? |afectuosos? )?saludos?(?: cordial(?:es)?)?|atentamente|atte|un abrazo|cordialmente|"
    r"(?:muchas |mil )?gracias(?: y (?:un )?saludos?| de antemano| por todo)?|gracias y saludos|"
    r"(?:muito )?obrigad[oa](?: desde ja)?|atenciosamente|att|abracos?|cumprimentos|com os melhores cumprimentos|melhores cumprimentos|grat[oa]|"
    r"(?:bien )?(?:a vous )?cordialement|bien a vous|(?:sinceres |meilleures |cordiales )?salutations(?: distinguees)?|merci(?: beaucoup| d'avance| bien| et bonne journee)?|bonne (?:journee|soiree)|"
    r"amicalement|(?:mit |mit den )?(?:freundliche[nm]?|beste[nm]?|viele[nm]?|herzliche[nm]?|liebe[nm]?|schone[nm]?)\s(?:gruss?e?n?|gruessen?|gruesse|dank)|mfg|vg|lg|gruss|gruesse?|"
    r"see you(?: soon)?|take care|hasta (?:luego|pronto)|ate (?:ja|logo|breve)|a bientot|a plus tard|bis bald|"
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
