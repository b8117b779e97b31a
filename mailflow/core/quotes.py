# ruff: noqa: E501 - tables of patterns are easier to compare on long lines
"""How mail programs mark what is not new: attributions, header blocks, separators, markers.

Data, by language, for `newtext`. Every pattern is anchored and without nested repetition, so that
no line can make it slow.
"""

from __future__ import annotations

import re

from mailflow.core.spotting import Spotter


def _any(words: str) -> str:
    return "|".join(re.escape(w.replace("_", " ")) for w in words.split())


# The verb of "On … Tom wrote:" in some thirty languages.
_WROTE = (
    "wrote writes escribió escribio escribe escreveu escrevia a_écrit a_ecrit écrit schrieb schreibt "
    "geschrieben ha_scritto scrive scritto schreef heeft_geschreven skrev skreiv skrifaði kirjoitti "
    "napisał napisała napisał(a) napisano pisze napsal napsala napsal(a) napísal napísala píše "
    "írta ezt_írta a_scris написал написала написал(а) пише пишет написав написа је_написао "
    "je_napisao je_napisala je_napisal napisao yazdı yazmış şunu_yazdı yazdi έγραψε γράφει rašė rakstīja kirjutas "
    "va_escriure ha_escrit escribiu idatzi_du idatzi_zuen đã_viết menulis shkroi ysgrifennodd scríobh "
    "写道 寫道 写入 のメール さんは書きました 書きました 작성 님이_작성 כתב כתבה كتب كتبت เขียน ने_लिखा"
)
WROTE = re.compile(
    rf"(?:(?<!\w)(?:{_any(_WROTE)})(?!\w)|写道|寫道|のメール|書きました|작성|เขียน)", re.I
)
#: What an attribution has besides its verb: a time, a date, a year, an address.
DATED = re.compile(
    r"\d{1,2}[:.h]\d{2}|\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}年|@|\b\d{1,2}\.? \w{3,}"
)
#: A time of day, a year or a whole date.
TIMED = re.compile(
    r"\d{1,2}[:.h]\d{2}|\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}年|\d \??[AP]M\b"
)
#: How an attribution begins where it is long: "On Tue", "El mar", "Am Di", "Le mar.", "Em ter.".
_INTRO = r"on|in|at|el|o|em|no|le|am|il|op|den|på|pe|dnia|w_dniu|dne|dňa|a|kl|ons|pada|vào|στις"
BEGINS_WORD = re.compile(rf"[\s*_]*(?:{_INTRO})\b", re.I)
BEGINS = re.compile(rf"(?:{_INTRO}|\d{{1,4}})\b", re.I)

_FROM = (
    "from de von da van från fra lähettäjä od от від кому_от feladó de_la από kimden gönderen 发件人 寄件者 "
    "寄件人 差出人 送信元 보낸_사람 보낸사람 מאת من expéditeur absender remitente remetente mittente afzender "
    "avsändare afsender saatja no siuntėjas надіслано čiaj 来自"
)
_DATE = (
    "sent date enviado enviado_el enviada enviada_em fecha fecha_de_envío data gesendet gesendet_am "
    "datum envoyé date_d'envoi inviato verzonden skickat sendt dato lähetetty päivämäärä päiväys wysłano "
    "wysłane odesláno odoslané дата отправлено отправлен надіслано elküldve dátum trimis tarih gönderildi "
    "发送时间 日期 送信日時 日時 날짜 보낸_날짜 תאריך נשלח التاريخ تاريخ_الإرسال ημερομηνία αποστολή στάλθηκε "
    "poslano изпратено saadetud kuupäev išsiųsta nosūtīts 傳送日期 寄件日期"
)
_TO = (
    "to para an à a aan till til vastaanottaja do komu кому címzett către kime alıcı προς 收件人 宛先 받는_사람 "
    "받는사람 אל إلى destinataire empfänger destinatario destinatário per za kellele kam cc kopie "
    "copia cópia копия копія kopia kopi"
)
_SUBJECT = (
    "subject asunto assunto betreff objet oggetto onderwerp ämne emne aihe temat předmět předmet тема "
    "tárgy subiect konu θέμα 主题 主旨 件名 제목 נושא الموضوع sujet gegenstand predmet assumpte teema относно "
    "dalykas chủ_đề"
)
_REPLYTO = "reply-to responder_a antwort_an répondre_à importance importancia wichtigkeit priority attachments anexos adjuntos anlagen"


def _label(words: str) -> str:
    return rf"[\s*_]*(?:{_any(words)})[\s*_]*[:：]"


class Label:
    """Names of a header field at the head of a line, in the tongues that mail programs speak.

    Most lines are answered without the pattern, which has dozens of words to try.
    """

    def __init__(self, words: str) -> None:
        self._pattern = re.compile(_label(words), re.I)
        # To a pattern that ignores case "ı" is an "i".
        names = (word.replace("_", " ").replace("ı", "i") for word in words.split())
        self._plain = frozenset(name for name in names if name.isascii())

    def begins(self, line: str) -> bool:
        """Whether a line begins with one of the names and a colon."""
        name, colon, _ = line.partition(":")
        if name.isascii():
            return bool(colon) and name.strip(_AROUND).lower() in self._plain
        return (bool(colon) or "：" in name) and self._pattern.match(line) is not None


_AROUND = "*_ \t\n\r\v\f\x1c\x1d\x1e\x1f"
FROM_LABEL = Label(_FROM)
DATE_LABEL = Label(_DATE)
TO_LABEL = Label(_TO)
SUBJECT_LABEL = Label(_SUBJECT)
OTHER_LABEL = Label(_REPLYTO)
#: What a block of them begins with.
FIRST_LABEL = Label(f"{_FROM} {_DATE} {_SUBJECT}")
#: A whole header block that some program folded into one line.
ONE_LINE_BLOCK = re.compile(
    rf"{_label(_FROM)}.{{1,200}}?\s{_label(_DATE)}.{{1,200}}?\s{_label(_TO)}", re.I
)

_FORWARD_WORDS = (
    "forward forwarded reenviado reenviada reenvío reenvio reenviar encaminhada encaminhado rencaminhada "
    "transféré transferé transmis transfert weitergeleitet weitergeleitete weiterleitung inoltrato inoltrata "
    "doorgestuurd vidarebefordrat videresendt videresent välitetty przekazana przekazane přeposlaná "
    "preposlaná переслано пересылаемое пересланное továbbított redirecționat iletilen iletilmiş προωθημένο "
    "προωθείται 转发 轉寄 転送 전달 הועבר معاد_توجيهها"
)
_ORIGINAL_WORDS = (
    "original originalnachricht ursprüngliche originale oorspronkelijk oorspronkelijke ursprungligt "
    "oprindelig opprinnelig alkuperäinen oryginalna původní pôvodná исходное оригинальное eredeti mesajul "
    "özgün orijinal αρχικό 原始 原邮件 元のメッセージ 원본 מקורית الأصلية d'origine mensaje message mensagem "
    "nachricht messaggio bericht meddelande meddelelse viesti wiadomość zpráva správa сообщение üzenet "
    "mesaj μήνυμα reply antwort respuesta resposta réponse memo"
)
FORWARD_WORD = re.compile(rf"(?<!\w)(?:{_any(_FORWARD_WORDS)})(?!\w)|转发|轉寄|転送|전달", re.I)
_ORIGINAL_WORD = re.compile(
    rf"(?<!\w)(?:{_any(_ORIGINAL_WORDS)})(?!\w)|原始|原邮件|元の|원본", re.I
)
_RULES = "-_=*—–"
_RULED = re.compile(r"[-_=*—–]{2,}\s?(.{3,200}?)\s?[-_=*—–]{2,}")
_BEGIN_FORWARD = re.compile(
    r"(?:begin forwarded message|start of forwarded message|inicio del mensaje reenviado|"
    r"início da mensagem (?:re)?encaminhada|início da mensagem reencaminhada|"
    r"début du message (?:réexpédié|transféré)|anfang der weitergeleiteten nachricht|"
    r"inizio messaggio inoltrato|begin doorgestuurd bericht)\s*[:：]",
    re.I,
)
ABOVE = Spotter(
    r"(?:above|over) this line|encima de esta l[ií]nea|arriba de esta l[ií]nea|sobre esta l[ií]nea"
    r"|acima desta linha|au[- ]dessus de cette ligne|(?:oberhalb|über) dieser (?:zeile|linie)"
    r"|sopra questa riga|boven deze (?:lijn|regel)",
    re.I,
)
RULE = re.compile(r"[\s\-_=*~#.·•—–|+<>]{3,}$")


def ruled(line: str) -> str:
    """ "forward", "original" or "" for a line such as `----- Original Message -----`."""
    text = line.strip(" *")
    if (":" in text or "：" in text) and _BEGIN_FORWARD.match(text):
        return "forward"
    match = _RULED.fullmatch(text) if text[:1] in _RULES and text[-1:] in _RULES else None
    if not match:
        return ""
    if FORWARD_WORD.search(match.group(1)):
        return "forward"
    said = _ORIGINAL_WORD.search(match.group(1)) or WROTE.search(match.group(1))
    return "original" if said else ""


FORWARD_SUBJECT = re.compile(
    r"\s*(?:fwd?|fw|rv|reenv|enc|tr|transf|wg|wtr|i|inoltra|doorst|vs|vb|pd|пер|转发|轉寄|転送)\s*(?:\[\d+\])?\s*[:：]",
    re.I,
)
