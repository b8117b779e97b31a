# ruff: noqa: E501 - word lists
"""Words that take a yes back or make it depend on something, and phrases that only look so.

Folded like those of `words`; the five languages share the lists, and a word that doubts in one of
them doubts in all.
"""

from __future__ import annotations

import re

from mailflow.core.words import word_set as _set

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
    "remove delete removing deleting deletion changing correcting correction fixing stopping stopped cancelling canceling holding renaming replacing leaving using excluding dropping without add different false fake fraud spam phishing suspicious joke test incorrecto incorrecta mal falta faltan cambiar "
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


#: Any of them.
DOUBTFUL: frozenset[str] = frozenset().union(*(words for _, words in DOUBTS))
#: A comment beside the word must show what it is: thanks, haste, praise, or a good outlook.
CUES = _set(
    "thanks thank thx appreciate appreciated grateful urgent urgently asap great excellent happy glad pleased quick quickly fast "
    "gracias agradezco agradecemos agradecida agradecido urgente rapido rapidez encantados excelente genial estupendo contentos "
    "obrigado obrigada agradeco agradecemos urgencia otimo excelente contente felizes "
    "merci remercie remercions urgent vite rapide rapidement ravis excellent super "
    "danke dank dringend eilig schnell schnelle freuen freue prima super toll"
)


CUE_PHRASES = re.compile(
    r"\b(?:look(?:ing)? forward|(?:customer|client) (?:is|are) (?:already )?(?:waiting|eager|keen)|cliente (?:esta|ya esta|ja esta) (?:esperando|a espera)|cliente (?:espera|aguarda)|"
    r"client attend|kunde wartet)\b"
)


#: Phrases that hold a doubtful word and doubt nothing; they are taken out before the words are judged.
BENIGN = re.compile(
    r"\b(?:(?:with|by|via) this (?:e-mail|email|mail|message|reply)|in order(?! to)|in good order|up to date|(?:on|from) (?:my|our) (?:side|end|part)|have the authority|on behalf|"
    r"por la presente|por este medio|por medio de la presente|(?:mediante|por|con|por medio de) este (?:correo|email|e-mail|mensaje|mail)|(?:de|por) (?:mi|nuestra) parte|en orden|de acuerdo|en nombre|al dia|"
    r"pela presente|(?:por este|por meio deste|com este) (?:e-mail|email)|em ordem|de acordo|d[ae] (?:minha|nossa) parte|em nome|par la presente|par (?:ce|le present) (?:mail|courriel|message|e-mail)|en ordre|de (?:mon|notre) cote|au nom|"
    r"in ordnung|mit dieser (?:e-mail|mail|nachricht)|im namen|(?:meiner|unserer)seits|von (?:meiner|unserer) seite|let's go ahead|"
    r"as soon as (?:possible|you can)|at your earliest convenience|without (?:further )?delay|no problems? at all|no problem|no worries|not a problem|not at all|of course|no doubt|without (?:any )?doubt|"
    r"lo antes posible|cuanto antes|tan pronto como (?:sea posible|puedan)|sin (?:mas )?(?:demora|duda|problemas?)|(?:no hay|ningun) problema|por supuesto|desde luego|"
    r"o mais (?:rapido|breve) possivel|(?:o )?quanto antes|assim que possivel|sem (?:mais )?(?:demora|duvida|problemas?)|nao ha problema|com certeza|"
    r"des que possible|le plus (?:vite|rapidement|tot) possible|sans (?:plus )?(?:tarder|delai|probleme)|(?:il n'y a )?pas de (?:souci|probleme)s?|aucun (?:souci|probleme)|bien sur|bien entendu|"
    r"so ?bald wie moglich|so schnell wie moglich|schnellstmoglich\w*|ohne verzogerung|kein problem|keine frage|naturlich|selbstverstandlich|guten morgen|jederzeit|nach wie vor)\b"
)


BAD_SIGNS = re.compile(
    "[\U0001f44e❌✖✗✘\U0001f6ab⛔\U0001f6d1❓❔\U0001f914☐☒🙃⏳⌛]|\\[\\s*\\]|\\(\\s*\\)|<!--|/\\*|(?:^|\\s)(?://\\s|!\\w)"
)
