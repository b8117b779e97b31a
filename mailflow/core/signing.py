"""Greeting, sign-off and signature of a text: what people write without saying anything by it."""

from __future__ import annotations

import re
from dataclasses import replace

from mailflow.core.courtesy import CLOSING, GREETING
from mailflow.core.doubts import DOUBTFUL
from mailflow.core.hygiene import fold
from mailflow.core.labels import label_of
from mailflow.core.sentence import Sentence
from mailflow.core.words import word_set

_PHONE = re.compile(
    r"(?:\+|\(|\b(?:tel|tfno|tlf|phone|mobile|mob|m[oó]vil|fax|t|m|p|f|cel|handy)\b\W*)[\d\s().+/-]{5,}",
    re.I,
)


_CONTACT = re.compile(
    r"@|https?:|www\.|\b(?:tel|tfno|fax|linkedin)\b",
    re.I,
)


_STREET = re.compile(r"\b(?:street|road|calle|avenida|rua|rue)\b|stra(?:ss|ß)e\b", re.I)


#: Labels of a number or an address in lower case: "tel. +44 …", "e-mail ann@acme.example".
_REACHED = word_set(
    "email e-mail mail tel phone mobile mob movil fax web website site www http https direct "
    "office ext skype linkedin telefono telefone tfno tlf portable handy telefon mobil cell "
    "celular whatsapp t m p f e w d c"
)


_ASIDE = word_set("ps p.s pps pd p.d nb n.b")


_TITLE = re.compile(
    r"\b(?:manager|director|engineer|head|lead|sales|consultant|specialist|officer|ceo|cto|cio|cfo|partner|account|assistant|administrator|"
    r"gerente|directora?|ingeniero|ingeniera|responsable|jefe|comercial|consultora?|diretora?|engenheiro|vendas|directeur|directrice|ing[eé]nieur|"
    r"leiter|leiterin|vertrieb|geschäftsführer|berater|team|department|departamento|abteilung|gmbh|inc|ltd|llc|s\.?l\.?|s\.?a\.?|lda|ag|bv)\b",
    re.I,
)


#: Posts and fields of work in lower case: "Assistante commerciale", "Responsable de compras".
_POSTS = word_set(
    "assistant assistante asistente assistente manager director directora diretor diretora "
    "directeur directrice responsable responsavel gerente jefe jefa chefe leiter leiterin "
    "engineer ingeniero ingeniera engenheiro engenheira ingenieur tecnico tecnica technicien "
    "technicienne techniker consultant consultante consultor consultora berater beraterin "
    "coordinator coordinador coordinadora coordenador coordenadora specialist especialista "
    "specialiste buyer comprador compradora acheteur acheteuse administrator administrador "
    "administradora administrativo administrativa administratif administrative commercial "
    "commerciale comercial sales ventas vendas ventes vertrieb innendienst compras achats "
    "einkauf purchasing procurement sistemas systems informatica informatique it operations "
    "operaciones operacoes licensing licencias licencas licences support soporte suporte "
    "marketing finance finanzas financas logistics logistica logistique general geral regional "
    "senior junior gestor gestora contas cuentas comptes accounts head renewals renewal key "
    "channel partners partner "
    "ejecutivo ejecutiva encargado encargada delegado delegada subdirector subdirectora presidente "
    "presidenta vicepresidente socio socia titular propietario propietaria secretario secretaria "
    "auxiliar analista asesor asesora agente representante preventa postventa licenciado "
    "licenciada departamento dpto area oficina equipo sucursal delegacion coordinacion direccion "
    "executivo executiva encarregado encarregada vice-presidente proprietario proprietaria "
    "assessor assessora pre-venda pos-venda escritorio equipe coordenacao direcao filial "
    "executive representative officer president vice founder co-founder owner secretary analyst "
    "architect advisor adviser agent associate deputy chief accountant controller planner "
    "developer designer trainer intern trainee apprentice team department presales inside "
    "adjoint adjointe charge chargee attache attachee comptable gerant gerante fondateur "
    "fondatrice secretaire conseiller conseillere avant-vente service-client "
    "leitung kaufmann kauffrau sachbearbeiter sachbearbeiterin mitarbeiter mitarbeiterin referent "
    "referentin assistenz kundenbetreuer kundenbetreuerin kundenberater projektleiter "
    "projektleiterin vertriebsleiter vertriebsleiterin prokurist inhaber inhaberin"
)
#: What such people are in charge of.
_FIELDS = word_set(
    "clientes cliente clave empresas grandes canal canales negocio negocios proyecto proyectos "
    "producto productos recursos humanos calidad compra venta comunicacion administracion "
    "facturacion contabilidad tecnologia telecomunicaciones redes seguridad infraestructura "
    "desarrollo innovacion formacion legal juridico exportacion atencion "
    "canais projeto projetos produto produtos qualidade comunicacao administracao faturacao "
    "faturamento contabilidade seguranca infraestrutura desenvolvimento inovacao exportacao "
    "national global customer client business development project product programme program "
    "delivery solutions solution services service technical technology technologies security "
    "network networks infrastructure quality human resources accounts billing compliance export "
    "success strategic enterprise public sector field software hardware affaires clientele grands "
    "compte projet projets produit qualite ressources humaines reseaux securite"
)
#: Posts that the lists of doubts know as "somebody else decides", or as a sale.
_OFFICES = word_set("manager supervisor office jefe jefa chefe chef chefin boss")
#: What joins a post and its field: "Jefa de ventas", "Head of Sales", "Leiterin im Vertrieb".
_OF = word_set("de del da do das dos of for en em para du des d und y e & and the la el los las im")


_PARTICLES = word_set("de da do del la van von der di y e & and of the dos du le und et")


def placed(found: list[Sentence], names: frozenset[str]) -> list[Sentence]:
    """Marks the greeting at the head, the sign-off, and the names and numbers below it."""
    out: list[Sentence] = []
    head = True
    signed = False
    for number, sentence in enumerate(found):
        folded = sentence.folded
        if head and number < 2 and _is_greeting(sentence):
            out.append(replace(sentence, greeting=True))
            continue
        if "?" not in sentence.end and (CLOSING.fullmatch(folded) or _signed_off(sentence)):
            out.append(replace(sentence, closing=True))
            signed = signed or number > 0
            continue
        last = not head and _signs(found[number:], names)
        if (signed or last) and _like_signature(sentence):
            out.append(replace(sentence, signature=True))
            signed = True
            continue
        head = False
        out.append(sentence)
    return out


def _signs(rest: list[Sentence], names: frozenset[str]) -> bool:
    """Whether all that is left looks like a signature, and like that of the sender."""
    if not all(_like_signature(sentence) for sentence in rest):
        return False
    tokens = {t for sentence in rest for token in sentence.tokens for t in _split_name(token)}
    if tokens & names:
        return True
    first = rest[0].tokens[0][:1] if rest[0].tokens else ""
    initials = {name[0] for name in names}
    return bool(_PHONE.search(rest[-1].text)) or (len(rest) == 1 and first in initials)


def _split_name(token: str) -> list[str]:
    return re.split(r"[.@_-]", token)


def _signed_off(sentence: Sentence) -> bool:
    """A sign-off and the name on one line: "Un saludo, Ana", "LG Karl"."""
    for words in (1, 2, 3):
        rest = sentence.raw[words:]
        if 0 < len(rest) <= 3 and CLOSING.fullmatch(" ".join(sentence.tokens[:words])):
            tokens = sentence.tokens[words:]
            if all(r[:1].isupper() for r in rest) and not any(t in DOUBTFUL for t in tokens):
                return True
    return False


_HOURS = frozenset(["or", "o", "ou", "oder", "tarde", "tardes", "morgen", "day", "dia", "dias"])


def _is_greeting(sentence: Sentence) -> bool:
    words = sentence.tokens
    if not words or len(words) > 7 or "?" in sentence.end:
        return False
    if not GREETING.match(sentence.folded + ","):
        return False
    return not any(word in DOUBTFUL and word not in _HOURS for word in words)


_WORD = re.compile(r"[^\s,;:|/()<>\[\]]+")


def _of_a_card(word: str) -> bool:
    """Whether a word may stand on a card beside a number or an address: not "Approver is a@b"."""
    folded = fold(word).strip(".*_+-–•·")
    return (
        not folded.isalpha()
        or word[:1].isupper()
        or folded in _PARTICLES
        or folded in _POSTS
        or folded in _REACHED
    )


def _names_somebody(text: str) -> bool:
    """Whether a line below a name says who approves or uses the account ("Approver: a@b")."""
    label, colon, _ = text.partition(":")
    return bool(colon) and "mail" not in label.lower() and label_of(label) in _PEOPLE


_PEOPLE = frozenset({"customer_email", "user_emails"})


def _like_signature(sentence: Sentence) -> bool:
    """A name, a title, a company, a number, an address: nothing that says anything."""
    if "?" in sentence.end:
        return False
    for token in sentence.tokens:
        if token in DOUBTFUL and token not in _OFFICES:
            return False
    if sentence.tokens and (sentence.tokens[0] in _ASIDE or _names_somebody(sentence.text)):
        return False
    if CLOSING.fullmatch(sentence.folded):
        return True
    if not sentence.raw:
        return True
    if _PHONE.search(sentence.text) or _CONTACT.search(sentence.text):
        return all(_of_a_card(word) for word in _WORD.findall(sentence.text))
    if len(sentence.raw) > 12:
        return False
    if _STREET.search(sentence.text):
        return True
    capital = all(
        r[:1].isupper() or r[:1].isdigit() or r.lower() in _PARTICLES for r in sentence.raw
    )
    if capital:
        return len(sentence.raw) <= 6 or bool(_TITLE.search(sentence.text))
    return sentence.raw[0][:1].isupper() and _is_post(sentence)


def _is_post(sentence: Sentence) -> bool:
    """A post with its field, and perhaps a company or a place: "Jefa de ventas, Socios Andinos"."""
    who = (*sentence.tokens[:1], *sentence.tokens[-1:])  # English has the person last
    if not any(word in _POSTS or word in _OFFICES for word in who):
        return False
    previous = ""
    for raw, token in zip(sentence.raw, sentence.tokens, strict=True):
        word = token.removeprefix("d'").removeprefix("l'")
        known = any(word in words for words in (_POSTS, _FIELDS, _OFFICES, _PARTICLES, _OF))
        # What follows "of" is a field of work, known or not, and no verb.
        if not (known or previous in _OF or (previous and raw[:1].isupper())):
            return False
        previous = token
    return True
