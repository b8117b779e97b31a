"""Domains at which anybody can get a mailbox: they say nothing about a company (DOMAIN.md S13)."""

from __future__ import annotations

_EXACT = """
gmail.com googlemail.com outlook.com outlook.es outlook.fr outlook.de outlook.it outlook.pt
outlook.com.br outlook.com.ar outlook.cl outlook.be outlook.at outlook.dk outlook.ie outlook.in
outlook.jp outlook.kr outlook.sg outlook.com.au outlook.co.id outlook.co.th outlook.cz outlook.hu
outlook.lv outlook.ph outlook.sk outlook.com.gr outlook.com.tr outlook.com.vn outlook.my
hotmail.com hotmail.es hotmail.fr hotmail.de hotmail.it hotmail.co.uk hotmail.com.br
hotmail.com.ar hotmail.com.mx hotmail.pt hotmail.be hotmail.nl hotmail.se hotmail.no hotmail.dk
hotmail.fi hotmail.ca hotmail.cl hotmail.gr hotmail.co.jp hotmail.co.th hotmail.com.tr hotmail.at
hotmail.ch hotmail.hu hotmail.cz hotmail.com.au hotmail.co.il hotmail.co.in hotmail.co.kr
live.com live.es live.fr live.de live.it live.nl live.be live.pt live.se live.no live.dk live.ca
live.cl live.in live.cn live.jp live.ie live.at live.fi live.ru live.co.uk live.com.ar live.com.au
live.com.mx live.com.pt live.co.za live.com.sg live.com.my live.hk livemail.tw msn.com msn.cn
windowslive.com windowslive.es passport.com
yahoo.com yahoo.es yahoo.fr yahoo.de yahoo.it yahoo.pt yahoo.se yahoo.no yahoo.dk yahoo.nl
yahoo.pl yahoo.ro yahoo.gr yahoo.ie yahoo.in yahoo.ca yahoo.be yahoo.at yahoo.ch yahoo.cz yahoo.fi
yahoo.hu yahoo.co.uk yahoo.co.in yahoo.co.id yahoo.co.jp yahoo.co.kr yahoo.co.nz yahoo.co.th
yahoo.co.za yahoo.com.ar yahoo.com.au yahoo.com.br yahoo.com.cn yahoo.com.co yahoo.com.hk
yahoo.com.mx yahoo.com.my yahoo.com.pe yahoo.com.ph yahoo.com.sg yahoo.com.tr yahoo.com.tw
yahoo.com.ve yahoo.com.vn yahoo.cl yahoo.cn ymail.com rocketmail.com myyahoo.com aol.com aol.de
aol.fr aol.es aol.it aol.co.uk aol.com.br aol.com.mx aim.com verizon.net netscape.net love.com
icloud.com me.com mac.com protonmail.com protonmail.ch proton.me pm.me tutanota.com tutanota.de
tutamail.com tuta.io tuta.com keemail.me hey.com fastmail.com fastmail.fm fastmail.net
fastmail.es fastmail.de fastmail.to fastmail.co.uk fastmail.com.au sent.com hushmail.com
hush.com zoho.com zohomail.com zohomail.eu zohomail.in mailbox.org posteo.de posteo.net
posteo.es posteo.eu posteo.org posteo.at posteo.ch runbox.com disroot.org riseup.net startmail.com
mailfence.com kolabnow.com ctemplar.com cock.li countermail.com skiff.com
gmx.com gmx.de gmx.net gmx.at gmx.ch gmx.es gmx.fr gmx.co.uk gmx.us gmx.info gmx.org gmx.eu
web.de email.de t-online.de freenet.de arcor.de vodafone.de vodafonemail.de online.de
onlinehome.de mail.de kabelmail.de unitybox.de magenta.de 1und1.de directbox.com lycos.de
mail.com email.com usa.com post.com europe.com consultant.com engineer.com myself.com writeme.com
iname.com techie.com accountant.com dr.com asia.com cheerful.com contractor.net workmail.com
mail.ru bk.ru list.ru inbox.ru internet.ru xmail.ru vk.com yandex.ru yandex.com yandex.by
yandex.kz yandex.ua yandex.com.tr ya.ru narod.ru rambler.ru lenta.ru autorambler.ru myrambler.ru
ro.ru ukr.net i.ua meta.ua bigmir.net email.ua tut.by
qq.com vip.qq.com foxmail.com 163.com vip.163.com 126.com yeah.net 188.com sina.com sina.cn
vip.sina.com sohu.com tom.com 139.com 189.cn wo.cn aliyun.com 21cn.com 263.net naver.com
hanmail.net daum.net kakao.com nate.com dreamwiz.com
orange.fr wanadoo.fr free.fr sfr.fr laposte.net neuf.fr bbox.fr club-internet.fr numericable.fr
cegetel.net noos.fr aliceadsl.fr voila.fr numericable.com caramail.com
libero.it virgilio.it tin.it alice.it tim.it tiscali.it inwind.it iol.it blu.it giallo.it
fastwebnet.it email.it aruba.it vodafone.it poste.it supereva.it katamail.com
terra.es telefonica.net movistar.es ono.com wanadoo.es ya.com jazzfree.com vodafone.es orange.es
euskaltel.net euskalnet.net telecable.es mundo-r.com correo.es hispavista.com latinmail.com
sapo.pt mail.pt iol.pt clix.pt netcabo.pt meo.pt portugalmail.pt vodafone.pt aeiou.pt
uol.com.br bol.com.br terra.com.br ig.com.br globo.com globomail.com r7.com oi.com.br
zipmail.com.br superig.com.br folha.com.br pop.com.br click21.com.br veloxmail.com.br
fibertel.com.ar arnet.com.ar speedy.com.ar ciudad.com.ar infovia.com.ar prodigy.net.mx
telmexmail.com une.net.co vtr.net cantv.net adinet.com.uy
comcast.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net juno.com
netzero.net optonline.net roadrunner.com rr.com frontier.com frontiernet.net windstream.net
centurylink.net q.com embarqmail.com mindspring.com excite.com lycos.com inbox.com lavabit.com
pacbell.net ameritech.net snet.net swbell.net suddenlink.net cableone.net hughes.net
rogers.com bell.net sympatico.ca shaw.ca telus.net videotron.ca cogeco.ca eastlink.ca
btinternet.com btopenworld.com talk21.com sky.com virginmedia.com virgin.net ntlworld.com
blueyonder.co.uk talktalk.net tiscali.co.uk o2.co.uk orange.net plusnet.com freeserve.co.uk
eircom.net o2.ie bigpond.com bigpond.net.au optusnet.com.au iinet.net.au tpg.com.au
internode.on.net dodo.com.au xtra.co.nz slingshot.co.nz orcon.net.nz
ziggo.nl kpnmail.nl kpnplanet.nl planet.nl hetnet.nl home.nl casema.nl upcmail.nl chello.nl
xs4all.nl zonnet.nl quicknet.nl telenet.be skynet.be proximus.be scarlet.be belgacom.net voo.be
bluewin.ch sunrise.ch hispeed.ch swissonline.ch aon.at a1.net chello.at inode.at utanet.at
telia.com bredband.net comhem.se spray.se passagen.se home.se online.no broadpark.no frisurf.no
jubii.dk ofir.dk mail.dk tdcadsl.dk stofanet.dk elisanet.fi kolumbus.fi luukku.com suomi24.fi
pp.inet.fi wp.pl o2.pl onet.pl op.pl poczta.onet.pl interia.pl interia.eu tlen.pl gazeta.pl
vp.pl poczta.fm buziaczek.pl autograf.pl seznam.cz email.cz centrum.cz volny.cz atlas.cz post.cz
azet.sk centrum.sk zoznam.sk pobox.sk freemail.hu citromail.hu t-online.hu indamail.hu
abv.bg mail.bg dir.bg siol.net net.hr inet.hr otenet.gr forthnet.gr hol.gr mynet.com
rediffmail.com indiatimes.com sify.com in.com vsnl.net walla.com walla.co.il 012.net.il
bezeqint.net netvision.net.il maktoob.com webmail.co.za mweb.co.za telkomsa.net vodamail.co.za
mailinator.com guerrillamail.com sharklasers.com 10minutemail.com tempmail.com temp-mail.org
yopmail.com yopmail.fr trashmail.com trash-mail.com dispostable.com getnada.com maildrop.cc
mailnesia.com mintemail.com throwawaymail.com fakeinbox.com mohmal.com moakt.com emailondeck.com
spamgourmet.com mytemp.email burnermail.io discard.email tempail.com tempr.email mailcatch.com
simplelogin.com simplelogin.co aleeas.com slmail.me anonaddy.com anonaddy.me addy.io duck.com
relay.firefox.com mozmail.com privaterelay.appleid.com
"""

FREEMAIL: frozenset[str] = frozenset(_EXACT.split())

#: What a mistyped domain most likely meant; compared by edit distance.
COMMON: tuple[str, ...] = (
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "outlook.com",
    "yahoo.com",
    "icloud.com",
    "protonmail.com",
    "hotmail.es",
    "hotmail.fr",
    "yahoo.es",
    "yahoo.fr",
    "outlook.es",
)

#: A last label that is one slip of the finger away from a real one.
SUFFIX_SLIPS: dict[str, str] = {
    "con": "com",
    "cmo": "com",
    "comm": "com",
    "ocm": "com",
    "vom": "com",
    "xom": "com",
    "cim": "com",
    "coom": "com",
    "ney": "net",
    "nte": "net",
    "ogr": "org",
    "prg": "org",
    "orgg": "org",
}

#: Local parts that name a desk, not a person (EN, ES, PT, FR, DE).
ROLES: frozenset[str] = frozenset(
    """
    info information sales support admin administrator office contact contactus help helpdesk
    service services team hello hi mail email postmaster webmaster hostmaster abuse security
    noreply no-reply donotreply do-not-reply billing accounts accounting finance purchasing
    procurement orders order invoices invoice marketing press media jobs hr careers legal it
    itsupport it-support it.support itdept it-department sysadmin network noc ops operations
    reception enquiries inquiries enquiry licensing licenses licences license licence partners
    customerservice customer-service customercare feedback root staff all everyone group shared
    informacion ventas soporte administracion oficina contacto ayuda servicio servicios equipo
    hola correo facturacion contabilidad finanzas compras pedidos facturas prensa empleo rrhh
    recepcion consultas licencias sistemas informatica redes atencion atencionalcliente gerencia
    direccion tecnico tesoreria logistica
    informacoes vendas comercial suporte administracao escritorio contato ajuda servico servicos
    equipe equipa faturamento faturacao contabilidade financas financeiro pedidos faturas imprensa
    vagas rh recepcao licencas ti sac atendimento gerencia diretoria compras
    renseignements ventes commercial assistance bureau accueil aide equipe facturation
    comptabilite achats commandes factures presse emploi direction licences informatique
    secretariat serviceclient support-technique
    auskunft vertrieb verkauf verwaltung buero kontakt hilfe dienst dienste team post buchhaltung
    finanzen einkauf bestellung bestellungen rechnung rechnungen presse karriere personal
    empfang anfragen anfrage lizenzen edv zentrale sekretariat kundenservice kundendienst
    """.split()  # noqa: SIM905 - a word list is easier to read and to extend as prose
)
