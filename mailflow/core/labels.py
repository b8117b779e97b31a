# ruff: noqa: E501 - word lists
"""The names people give to the fields of the form, in five languages, with typos forgiven."""

from __future__ import annotations

import re
from functools import lru_cache

from mailflow.core.hygiene import fold

#: Folded labels per field. A label is the whole text before the separator.
_LABELS: dict[str, str] = {
    "account_name": """account name|name of account|name of the account|name account|smart account name|smart account|new account name|account|company name|customer name|
        client name|end customer name|end customer|organisation name|organization name|organisation|organization|name of customer|name of the customer|customer company|company|acct name|account title|name for the account|
        nombre de la cuenta|nombre de cuenta|nombre cuenta|nombre de la smart account|nombre smart account|cuenta|nombre del cliente|nombre cliente|nombre de la empresa|nombre empresa|empresa|
        empresa cliente|razon social|cliente final|nombre de la organizacion|organizacion|
        nome da conta|nome de conta|nome conta|conta|nome do cliente|nome cliente|nome da empresa|nome empresa|razao social|organizacao|nome da organizacao|nome da smart account|nome da conta smart account|nome da conta smart|
        nom du compte|nom de compte|nom compte|compte|nom du client|nom client|nom de l'entreprise|nom de la societe|societe|entreprise|raison sociale|organisation cliente|client final|
        kontoname|name des kontos|konto name|konto|accountname|name des accounts|kundenname|name des kunden|firmenname|firma|unternehmen|kundenkonto|endkunde|unternehmensname|name der firma|smart-account-name""",
    "customer_email": """customer email|customer e-mail|customer mail|customer's email|customer's e-mail|customer email address|customer e-mail address|customer contact|customer contact email|email of customer|
        email of the customer|e-mail of the customer|customer address|client email|client e-mail|client contact|approver|approver email|approver e-mail|approver's email|approver email address|customer approver|
        account creator|account creator email|creator email|creator|customer|customer emial|contact email|customer contact e-mail|end customer email|end customer contact|email approver|who approves|administrator email|admin email|customer admin|
        correo del cliente|correo electronico del cliente|correo cliente|email del cliente|e-mail del cliente|email cliente|mail del cliente|correo electronico cliente|contacto del cliente|contacto cliente|
        direccion de correo del cliente|direccion de correo electronico del cliente|cliente|aprobador|correo del aprobador|correo electronico del aprobador|email del aprobador|correo de contacto|creador de la cuenta|persona que aprueba|
        e-mail do cliente|email do cliente|correio do cliente|correio eletronico do cliente|contato do cliente|contacto do cliente|endereco de e-mail do cliente|aprovador|e-mail do aprovador|email do aprovador|criador da conta|
        e-mail du client|email du client|mail du client|courriel du client|courriel client|adresse e-mail du client|adresse du client|email client|e-mail client|contact client|contact du client|client|approbateur|
        e-mail de l'approbateur|email de l'approbateur|createur du compte|adresse electronique du client|
        kunden-e-mail|kunden e-mail|kundenemail|kunden email|e-mail des kunden|email des kunden|mail des kunden|kunden-email|e-mail-adresse des kunden|kunde|ansprechpartner|ansprechpartner beim kunden|kundenkontakt|genehmiger|e-mail des genehmigers|genehmigende person""",
    "account_domain": """account domain|account domain identifier|domain|domain identifier|domain name|customer domain|company domain|email domain|domain of the account|domain of account|client domain|internet domain|web domain|website|web site|
        dominio de la cuenta|dominio de cuenta|dominio cuenta|dominio|dominio del cliente|dominio de la empresa|identificador de dominio|identificador de dominio de la cuenta|nombre de dominio|pagina web|sitio web|
        dominio da conta|dominio do cliente|dominio da empresa|identificador de dominio da conta|nome de dominio|
        domaine du compte|domaine de compte|domaine|domaine du client|domaine de l'entreprise|nom de domaine|identifiant de domaine|identifiant de domaine du compte|site web|
        kontodomain|konto-domain|domain des kontos|kundendomain|firmendomain|domane|domaene|domainname|account-domain|accountdomain|webseite""",
    "note_to_customer": """note to customer|note to the customer|note for customer|note for the customer|customer note|message to customer|message to the customer|message for the customer|comment to customer|comments to customer|note to client|note to approver|note|notes|message|
        nota al cliente|nota para el cliente|nota cliente|nota para cliente|mensaje al cliente|mensaje para el cliente|comentario al cliente|comentario para el cliente|nota|notas|mensaje|
        nota ao cliente|nota para o cliente|nota para cliente|mensagem ao cliente|mensagem para o cliente|mensagem|observacao para o cliente|observacao ao cliente|
        note au client|note pour le client|note client|message au client|message pour le client|commentaire pour le client|remarque pour le client|
        hinweis an den kunden|hinweis fur den kunden|notiz an den kunden|notiz fur den kunden|nachricht an den kunden|nachricht fur den kunden|mitteilung an den kunden|hinweis an kunden|notiz|hinweis|nachricht|anmerkung fur den kunden""",
    "user_emails": """user emails|user e-mails|users|user|user email|user e-mail|added users|add users|additional users|other users|users to add|users to be added|emails of users|e-mails of users|users email|users emails|add user|add an user|add a user|users' emails|user email addresses|user addresses|users with access|
        access for|people with access|further users|more users|users e-mail|user mails|
        usuarios|usuario|correos de usuarios|correos de los usuarios|correo de usuarios|correos electronicos de los usuarios|correos electronicos de usuarios|usuarios a anadir|usuarios a agregar|usuarios adicionales|otros usuarios|agregar usuarios|anadir usuarios|agregar usuario|anadir usuario|anadir un usuario|agregar un usuario|emails de usuarios|
        email de usuarios|correo de los usuarios|
        utilizadores|utilizador|e-mails dos usuarios|emails dos usuarios|e-mails dos utilizadores|emails dos utilizadores|usuarios a adicionar|adicionar usuarios|adicionar usuario|adicionar utilizador|adicionar utilizadores|e-mails de usuarios|usuarios adicionais|utilizadores adicionais|
        utilisateurs|utilisateur|e-mails des utilisateurs|emails des utilisateurs|adresses des utilisateurs|utilisateurs a ajouter|ajouter des utilisateurs|autres utilisateurs|courriels des utilisateurs|utilisateurs supplementaires|
        benutzer|nutzer|anwender|benutzer-e-mails|benutzer e-mails|benutzer-emails|e-mails der benutzer|e-mail der benutzer|e-mail-adressen der benutzer|weitere benutzer|zusatzliche benutzer|benutzer hinzufugen|hinzuzufugende benutzer""",
    "note_to_users": """note to users|note to the users|note to added users|note for users|note for the users|user note|users note|message to users|message to the users|message to added users|note to user|
        nota a los usuarios|nota para los usuarios|nota para usuarios|nota usuarios|nota a usuarios|nota para los usuarios agregados|nota a los usuarios anadidos|mensaje a los usuarios|mensaje para los usuarios|
        nota aos usuarios|nota para os usuarios|nota aos utilizadores|nota para os utilizadores|nota para utilizadores|mensagem aos usuarios|mensagem para os usuarios|mensagem aos utilizadores|
        note aux utilisateurs|note pour les utilisateurs|note utilisateurs|message aux utilisateurs|message pour les utilisateurs|note pour les utilisateurs ajoutes|
        hinweis an die benutzer|hinweis fur die benutzer|notiz an die benutzer|notiz fur die benutzer|nachricht an die benutzer|nachricht fur die benutzer|hinweis an benutzer|notiz an benutzer""",
    "notice_email": """notice email|notice e-mail|notice address|notices to|notice to|notification email|notification e-mail|notification address|notify|notifications to|email for notices|e-mail for notices|send notices to|expiry notice email|
        correo de aviso|correo de avisos|correo para avisos|correo de notificacion|correo de notificaciones|email de aviso|email de avisos|email de notificacion|email de notificaciones|avisos a|avisar a|notificar a|correo electronico de aviso|correo electronico de notificacion|
        e-mail de aviso|e-mail de avisos|e-mail para avisos|email para avisos|e-mail de notificacao|email de notificacao|
        e-mail de notification|email de notification|e-mail pour les avis|e-mail d'avis|adresse de notification|courriel de notification|avis a|notifier|
        benachrichtigungs-e-mail|benachrichtigungs-email|e-mail fur benachrichtigungen|benachrichtigung an|benachrichtigungsadresse|hinweis-e-mail""",
    "order_number": """order number|order no|order nr|order #|order|sales order|sales order number|so number|po number|purchase order|order id|web order id|order ref|order reference|
        numero de pedido|n de pedido|no de pedido|num pedido|pedido|numero del pedido|orden de compra|numero de orden|
        numero do pedido|numero da encomenda|encomenda|ordem de compra|n do pedido|
        numero de commande|n de commande|no de commande|commande|bon de commande|
        bestellnummer|auftragsnummer|bestellung|auftrag|bestell-nr|auftrags-nr""",
    "order_date": """order date|date of order|date of the order|fecha de pedido|fecha del pedido|fecha de la orden|data do pedido|data da encomenda|date de commande|date de la commande|bestelldatum|auftragsdatum|datum der bestellung""",
}  # fmt: skip
#: Labels that also stand in signatures and in plain speech: they count only in company.
WEAK = frozenset(
    [
        "account",
        "company",
        "organisation",
        "organization",
        "cuenta",
        "empresa",
        "conta",
        "compte",
        "societe",
        "entreprise",
        "konto",
        "firma",
        "unternehmen",
        "customer",
        "cliente",
        "client",
        "kunde",
        "domain",
        "dominio",
        "domaine",
        "website",
        "note",
        "notes",
        "message",
        "nota",
        "notas",
        "mensaje",
        "mensagem",
        "notiz",
        "hinweis",
        "nachricht",
        "user",
        "users",
        "usuario",
        "usuarios",
        "utilizador",
        "order",
        "pedido",
        "encomenda",
        "commande",
        "bestellung",
        "auftrag",
        "creator",
        "approver",
        "notify",
        "notifier",
        "benutzer",
        "nutzer",
    ]
) | {"web site", "pagina web", "sitio web", "site web", "webseite", "access for", "contact email"}

#: Labels of users who are to be taken out. No slip of the fingers is forgiven in them: it would
#: make them labels of the whole list.
_REMOVING = """remove user|remove users|remove a user|remove the user|remove the users|delete user|delete users|delete the user|drop user|drop users|users to remove|users to be removed|user to remove|
    quitar usuario|quitar usuarios|quitar un usuario|quitar al usuario|eliminar usuario|eliminar usuarios|eliminar un usuario|eliminar al usuario|borrar usuario|borrar usuarios|usuarios a quitar|usuarios a eliminar|
    remover usuario|remover usuarios|remover o usuario|remover um usuario|retirar usuario|retirar usuarios|excluir usuario|excluir usuarios|excluir o usuario|tirar usuario|tirar usuarios|remover utilizador|remover utilizadores|eliminar utilizador|eliminar utilizadores|usuarios a remover|utilizadores a remover|
    supprimer utilisateur|supprimer l'utilisateur|supprimer un utilisateur|supprimer des utilisateurs|supprimer les utilisateurs|retirer utilisateur|retirer l'utilisateur|enlever l'utilisateur|utilisateurs a retirer|utilisateurs a supprimer|
    benutzer entfernen|nutzer entfernen|benutzer loschen|nutzer loschen|zu entfernende benutzer"""  # fmt: skip

_EXACT: dict[str, str] = {
    " ".join(label.split()): name
    for name, text in _LABELS.items()
    for label in text.split("|")
    if label.strip()
}
_BY_LENGTH: dict[int, list[str]] = {}
for _label in _EXACT:
    if len(_label) >= 6:
        _BY_LENGTH.setdefault(len(_label), []).append(_label)
_REMOVE = frozenset(" ".join(label.split()) for label in _REMOVING.split("|"))
_EXACT |= dict.fromkeys(_REMOVE, "user_emails")
_MAX_LABEL = max(map(len, _EXACT))
_LEAD = re.compile(
    r"^[\s>]*(?:(?:[-*•·‣▪◦●○■□–+o]|\(?\d{1,2}[.)\]]|\(?[a-h][.)\]])\s+)?[\s*_#\"'•·-]*"
)
_EXTRA = re.compile(r"\((?:[^()]{0,60})\)|\[[^\[\]]{0,60}\]|\*")
_BRACKETED = re.compile(r"\s*[\[(]([^\[\]()]{3,60})[\])]\s*")
_ADDRESS = re.compile(r"\be-?mail[ -]address(es)?\b")
_NUMBERED = re.compile(r"(?<=[^\W\d_]) ?\d{1,2}$")


def label_of(text: str, *, exact: bool = False) -> str:
    """The field that a label names, "" if it names none.

    Small typos are forgiven unless `exact`: a label without a separator may be a word of prose.
    """
    if not text or len(text) > _MAX_LABEL + 40:
        return ""
    return _EXACT.get(tidy(text), "") if exact else _label_of(text)


@lru_cache(maxsize=4096)
def _label_of(text: str) -> str:
    bare = tidy(text)
    if not bare or len(bare) > _MAX_LABEL + 2:
        return ""
    shorter = _NUMBERED.sub("", _ADDRESS.sub(r"e-mail\1", bare))  # "User 2", "e-mail address of"
    return (
        _EXACT.get(bare)
        or _EXACT.get(shorter.replace("mailes", "mails"), "")
        or _both(bare)
        or _near(bare)
    )


def _both(bare: str) -> str:
    """The field of a label in two languages: "Users / Usuarios"."""
    fields = {_EXACT.get(piece.strip(), "") for piece in bare.split("/")} if "/" in bare else set()
    return fields.pop() if len(fields) == 1 else ""


@lru_cache(maxsize=4096)
def tidy(text: str) -> str:
    """A label without bullet, number, stars, brackets: "2) *Nombre de la Cuenta* (obligatorio)"."""
    if text.isascii() and text.replace(" ", "").isalpha() and text[0] != " " and text[:2] != "o ":
        return " ".join(text.lower().split())  # nothing of the below is in it
    whole = _BRACKETED.fullmatch(text)  # "[Account name]: …"
    bare = whole.group(1) if whole else _EXTRA.sub(" ", _LEAD.sub("", text, count=1))
    bare = fold(bare).replace("’", "'").replace("_", " ").replace("´", "'")
    return " ".join(bare.split()).strip(" :=-–.*_\"'#?")


_ADDS = re.compile(
    r"(please )?(add|anadir|anade|anada|agregar|agrega|agregue|adicionar|adicione|ajouter|ajoutez)\b"
    r"|.*\b(additional|further|more|to add|to be added|adicionales|adicionais|a anadir|a agregar"
    r"|a adicionar|supplementaires|a ajouter|weitere|zusatzliche|hinzufugen|hinzuzufugende)\b"
)


def adds(text: str) -> bool:
    """Whether a label of a list says that its values come to those already there: "Add user"."""
    return _ADDS.match(tidy(text)) is not None


def removes(text: str) -> bool:
    """Whether a label of a list says that its values are to be taken out of it: "Remove user"."""
    bare = tidy(text)
    pieces = bare.split("/")
    return bare in _REMOVE or (len(pieces) > 1 and _REMOVE.issuperset(p.strip() for p in pieces))


def is_weak(text: str) -> bool:
    """Whether a label is a common word that also stands in signatures and in prose."""
    return WEAK.issuperset(piece.strip() for piece in tidy(text).split("/"))


def _near(bare: str) -> str:
    """The field of the one label within a slip or two of the fingers."""
    if len(bare) < 6:
        return ""
    allowed = 1 if len(bare) < 10 else 2
    fields: set[str] = set()
    for length in range(len(bare) - allowed, len(bare) + allowed + 1):
        for label in _BY_LENGTH.get(length, ()):
            if label[0] != bare[0] and label[1:3] != bare[1:3]:
                continue
            if _within(bare, label, allowed):
                fields.add(_EXACT[label])
    return fields.pop() if len(fields) == 1 else ""


def _within(a: str, b: str, most: int) -> bool:
    """Whether a and b differ by at most `most` insertions, deletions, replacements or swaps."""
    if most == 0:
        return a == b
    start = 0
    shorter = min(len(a), len(b))
    while start < shorter and a[start] == b[start]:
        start += 1
    a, b = a[start:], b[start:]
    if not a or not b:
        return len(a) + len(b) <= most
    return (
        _within(a[1:], b[1:], most - 1)
        or _within(a[1:], b, most - 1)
        or _within(a, b[1:], most - 1)
        or (a[:2] == b[1::-1] and len(b) > 1 and _within(a[2:], b[2:], most - 1))
    )
