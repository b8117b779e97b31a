"""A second set of phrases, written after the reader worked and without looking at its lists.

How it first fared is recorded in tests/mails/README.md; afterwards the reader learned from it, so
that it is now a guard and no measure any more.
"""

from __future__ import annotations

CONFIRM = {
    "en": [
        "Confirm, thank you.", "Yes - confirmed", "I can confirm that everything is right.", "I'm happy to confirm.", "Confirmed on our side.", "This is confirmed, please create the account.",
        "Confirmed from my end, cheers", "Yes, go for it!", "We've checked the details, all correct. Confirmed.", "CONFIRMED\n\nMany thanks and have a nice day!", "Yes, please proceed with the request.",
        "Good morning,\n\nI confirm the above request.\n\nKind regards,\nLaura Brown\nPartner Ltd", "Dear team,\n\nConfirmed.\n\nBR\nJ.", "I confirm all the information is accurate.", "Request confirmed.", "Thanks for the quick turnaround, confirmed.",
        "Confirm\n\n--\nTom", "All correct - I confirm", "Yes. All fine.", "Yes, correct.", "I hereby give my confirmation: CONFIRM", "Confirmed! Great service.", "confirm thx", "Yes, we confirm and would like you to proceed.",
    ],
    "es": [
        "Buenas tardes,\n\nConfirmo la solicitud.\n\nUn cordial saludo,\nMarta Ruiz", "Confirmado por nuestra parte.", "Ok, confirmado", "Sí, adelante por favor", "Os confirmo que está todo bien.", "Confirmo los datos, podéis seguir adelante.",
        "Todo está correcto. Confirmado. Gracias!", "Sí, es correcto, confirmo.", "Procedan, confirmo.", "Doy por confirmada la solicitud.", "Les confirmo la información.", "CONFIRMAR\n\nGracias y saludos\nPepe", "Confirmo la solicitud de la cuenta Acme Iberia, S.L.",
        "Sí, confirmado. Que tengan buen día.", "Estimados,\n\nConfirmo.\n\nAtentamente,\nLuis Gómez\nDirector Comercial\nTel: +34 91 000 00 00", "Confirmo todos los datos. Quedo a su disposición para cualquier consulta.", "Perfecto, gracias. Confirmado.", "Está todo correcto, lo confirmo.", "Vale, confirmo", "Muchas gracias por la rapidez. Confirmo la solicitud.",
    ],
    "pt": [
        "Bom dia,\n\nConfirmo a solicitação.\n\nAtenciosamente,\nJoão", "Sim, está correto.", "Confirmado da nossa parte, obrigado", "Ok, confirmo tudo", "Pode seguir, confirmado.", "Confirmamos os dados acima.", "Sim, pode avançar por favor", "Está certo, confirmo. Obrigado!", "Confirmo o pedido da Acme Ibérica.", "Perfeito, confirmado.",
    ],
    "fr": [
        "Bonjour,\n\nJe vous confirme ces informations.\n\nBien cordialement,\nPaul Durand", "Oui, tout est bon.", "Je confirme l'ensemble des informations.", "Ok je confirme", "Confirmé de notre côté, merci.", "Nous vous confirmons la création du compte.", "Oui, vous pouvez y aller.", "Parfait, je confirme !", "Je confirme la demande pour Acme Ibérie.", "C'est tout bon, je confirme.",
    ],
    "de": [
        "Sehr geehrte Damen und Herren,\n\nhiermit bestätige ich die Anfrage.\n\nMit freundlichen Grüßen\nKarl Maier", "Ja, bitte anlegen.", "Passt, bestätigt.", "Die Daten sind korrekt, ich bestätige.", "Ich bestätige die Richtigkeit der Angaben.", "Bestätigt von unserer Seite.", "Ja, das ist richtig so.", "Alles in Ordnung, bestätigt. Besten Dank!", "Wir bestätigen hiermit die Einrichtung des Kontos.", "Ok, bestätigt",
    ],
}
NEVER = [
    "I could confirm", "I was about to confirm when I saw the name", "Consider it confirmed when you fix the domain", "Confirmed? I never said so", "I confirm everything except the domain", "Confirm only the name", "Confirmed apart from the users", "We confirm the name, not the domain",
    "CONFIRM everything but the note", "Yes, everything but the note", "I have not confirmed yet", "Did you confirm", "You confirmed it already", "I already confirmed", "It was confirmed in the call by Jane", "I wanted to confirm a meeting with you", "Let me confirm with my boss", "Let me confirm",
    "I need to confirm this internally", "Need to confirm", "Still confirming", "Confirmation pending", "I would like to confirm but the link is dead", "Who confirms this", "The confirm word is in German", "Stop. Confirm nothing.", "I do confirm it is wrong", "We confirm our interest", "I confirm my attendance",
    "I confirm you that I am the wrong person", "I confirm this is spam", "We confirm this request is fraudulent", "I confirm the request is not ours", "Confirmed fraud", "Yes this is fraud", "Yes I saw", "Yes, will do", "Yes, I'm on it", "Yes, in a minute", "Yes but later", "Yes?? what is this",
    "Yes to the name, no to the domain", "Yes. Domain is acme.net though", "Yes, change the domain", "Yes, please change it", "Yes, please call me", "Yes, send me the contract", "Yes, Monday works", "Yes, let us talk", "Yesterday I wrote to you", "yes he can", "Oh yes, the famous form", "Yes, unfortunately",
    "Sí, pero más adelante", "Sí, cuando puedas llámame", "Sí, hay que cambiar el nombre", "Sí, lo estoy mirando", "Sí, lo vi", "Sí, le digo a Juan que confirme", "Sí que es raro", "Confirmo que no es correcto", "Confirmo que falta un usuario", "Confirmo que lo revisaré", "Te confirmo en breve", "Te lo confirmo esta tarde", "En breve confirmo", "Confirmo a la mayor brevedad", "Pendiente de confirmar", "Pendiente de confirmación", "Tengo que confirmar con mi jefe", "Falta confirmar el dominio", "No sé si confirmar", "Quería confirmar si lo han recibido", "Confirmado el error", "Confirmado: no es nuestra", "Ha confirmado Juan", "Juan confirmó", "Confirmo, excepto el dominio", "Confirmo todo menos el dominio", "Confirmo parcialmente",
    "Sim, mas espere", "Sim, vou ver", "Sim, recebido", "Confirmo que recebi", "Confirmo que vou verificar", "Preciso confirmar com o chefe", "Falta confirmar", "Confirmo depois", "Confirmo menos o domínio", "Confirmarei", "Já confirmo", "Confirmo já",
    "Oui mais attendez", "Oui, je regarde", "Oui, je vais voir", "Je dois confirmer avec mon chef", "Reste à confirmer", "Je confirme sauf le domaine", "Je te confirme ça vite", "Je confirmerais volontiers", "Je confirme votre erreur", "Je confirme mon absence", "Confirmé par erreur",
    "Ja, mache ich", "Ja, später", "Ja, ich schaue es an", "Ja und nein", "Muss ich noch bestätigen", "Ich werde bestätigen", "Ich bestätige alles außer der Domain", "Ich bestätige Ihren Fehler", "Bestätigt wurde nichts", "Ich kann das so nicht bestätigen", "Wird noch bestätigt", "Bestätige ich gleich", "Ich bestätige den Erhalt", "Ich bestätige die Absage",
    "confirm\n\nno wait", "CONFIRM\n\nHmm", "CONFIRM\n\nActually no", "CONFIRM\n\nscratch that", "CONFIRM\n\nMy mistake", "CONFIRM\n\nask Jane first", "CONFIRM\nI need more time", "CONFIRM\n(draft)", "CONFIRM (draft)", "CONFIRM draft", "[CONFIRM]: to be discussed", "CONFIRM\n\nNope", "CONFIRM\n\nSigned under protest", "CONFIRM\n\nonly the first part",
    "CONFIRM\n\nThanks, but hold on", "CONFIRM\n\nThanks for nothing, this is wrong", "CONFIRM\nRegards,\nTom\n\nPlease ignore the above", "CONFIRM\n\nBest,\nTom\nOn hold until Friday", "Confirm, Cancel, whatever", "CONFIRM the cancellation of it", "Confirm the new domain acme.net", "Confirm domain: acme.net", "CONFIRM acme.net", "Confirm with name Acme Two", "CONFIRM NAME", "Confirm name Acme Two",
    "I confirm the request for tomorrow", "I confirm the account for Monday", "I confirm for Next Week", "Confirmo la solicitud para Mañana", "CONFIRM\n2 of 3 users", "CONFIRM 50%", "50% confirmed", "Confirm x 2", "CONFIRM\n\nApril Fools", "Confirm\nHold", "Confirm\nStop", "No\nCONFIRM", "NO. CONFIRM.", "Not\nCONFIRM", "Don't\nCONFIRM", "unless you hear from me\nCONFIRM", "Reply with\nCONFIRM", "The answer is not\nCONFIRM",
    "Thanks. Confirmed by whom", "I confirm that Jane has to accept", "I confirm that it is not for the customer", "confirm this is wrong", "I can't not confirm", "as if I would confirm", "Confirm: n/a", "Confirm = no", "CONFIRM: NO", "CONFIRM [no]", "Confirm (no)", "CONFIRM - false", "confirm=false", "CONFIRM? YES/NO", "YES/NO", "Yes / No", "yes no", "Ja/Nein", "Sí/No",
]
