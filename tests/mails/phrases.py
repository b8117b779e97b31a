"""What people write to us, by meaning, language and how plainly they put it.

`PLAIN` is the word itself or one short sentence around it, `NATURAL` is how a busy person puts
it, `NEVER` are replies that must not count as the decision they mention, each under the rule that
forbids it. They were written from the rules of DOMAIN.md, not from the code.
"""

from __future__ import annotations

CONFIRM_PLAIN = {
    "en": ["CONFIRM", "confirm", "Confirmed", "I confirm", "Yes", "CONFIRM.", "Confirm!", "*CONFIRM*", '"CONFIRM"', "I CONFIRM.", "We confirm.", "Confirmed, thanks", "Yes, I confirm.", "ＣＯＮＦＩＲＭ", "CON\u200bFIRM"],
    "es": ["CONFIRMAR", "Confirmo", "confirmado", "Confirmada", "Sí", "si", "SÍ", "Confirmo.", "Sí, confirmo", "Confirmamos", "CONFIRMO!", "Confirmo, gracias"],
    "pt": ["CONFIRMAR", "Confirmo", "Confirmado", "Sim", "SIM.", "Sim, confirmo", "Confirmo, obrigado", "Confirmamos"],
    "fr": ["CONFIRMER", "Je confirme", "Confirmé", "Confirmée", "Oui", "Oui, je confirme", "Je confirme.", "Nous confirmons", "Je confirme, merci"],
    "de": ["BESTÄTIGEN", "Bestätigt", "Ich bestätige", "Ja", "JA!", "Ja, ich bestätige", "Wir bestätigen", "Bestätigt, danke", "bestaetigt"],
}
CONFIRM_NATURAL = {
    "en": [
        "We confirm the request, thanks",
        "Yes, everything is correct, please go ahead.",
        "All good, confirmed.",
        "Looks good to me, I confirm the request.",
        "Confirmed. Thanks for the quick help!",
        "I hereby confirm the request for Acme Iberia.",
        "I have reviewed the data and confirm that everything is correct.",
        "Confirmed, please proceed. The customer is waiting.",
        "Yes please, go ahead and create the account.",
        "Confirmed. Let me know if you need anything else.",
        "I confirm that the details are correct.",
        "Hi Tom, confirmed.",
        "Thank you, we confirm.",
        "OK, confirm",
        "CONFIRM - no changes",
        "Confirm. No further changes needed.",
        "Yes, that's right. Confirmed.",
        "We hereby confirm the request above. Please create the account as soon as possible.",
        "All the data is correct. CONFIRM",
        "Perfect, confirmed!",
    ],
    "es": [
        "Confirmado, adelante",
        "Todo correcto, confirmo la solicitud. Gracias por la gestión.",
        "Confirmo que los datos son correctos.",
        "Sí, todo correcto, pueden proceder.",
        "Hola, confirmamos la solicitud. Muchas gracias.",
        "Le confirmo la solicitud, un saludo",
        "De acuerdo, confirmo.",
        "Queda confirmado.",
        "He revisado los datos y confirmo.",
        "Confirmamos la creación de la cuenta para Acme Iberia.",
        "Confirmo todo. Es urgente, gracias.",
        "Por mi parte confirmado.",
        "Perfecto, confirmo, quedo a la espera.",
        "Confirmado. Cualquier cosa, aquí estamos a su disposición.",
        "Sí, confirmo la solicitud tal cual.",
        "Confirmo, sin cambios.",
        "Confirmo. No dude en contactarme si necesita algo más.",
        "Buenos días, confirmo los datos. Gracias de antemano.",
    ],
    "pt": [
        "Confirmo o pedido, obrigado.",
        "Tudo certo, confirmo.",
        "Sim, podem prosseguir.",
        "Confirmamos a criação da conta.",
        "Confirmo que os dados estão corretos.",
        "Bom dia, confirmado. Obrigada pela ajuda.",
        "Está tudo correto, confirmo a solicitação.",
        "Confirmado, podem avançar.",
        "Confirmo, sem alterações.",
        "Confirmo. Fico à disposição.",
    ],
    "fr": [
        "Je confirme la demande, merci.",
        "Bonjour, nous confirmons la demande. Cordialement",
        "Tout est correct, je confirme.",
        "Oui, c'est bon pour moi, merci.",
        "Je vous confirme la demande.",
        "Confirmé, vous pouvez continuer.",
        "C'est confirmé, merci beaucoup.",
        "Je confirme que les données sont correctes.",
        "Je confirme. N'hésitez pas à me contacter.",
        "D'accord, je confirme, pas de modifications.",
    ],
    "de": [
        "Hiermit bestätige ich die Anfrage.",
        "Ja, alles korrekt, bitte weiter.",
        "Wir bestätigen die Angaben. Vielen Dank!",
        "Ich bestätige hiermit den Antrag.",
        "Alles richtig, bestätigt.",
        "Ich bestätige, dass die Angaben richtig sind.",
        "Guten Tag, ich bestätige die Anfrage. Viele Grüße",
        "Bestätigt, keine Änderungen.",
        "Ja, passt so, danke.",
        "Ich bestätige. Bei Rückfragen melden Sie sich gerne.",
    ],
}
ACCEPT = {
    "en": ["ACCEPT", "I accept", "Accepted", "ACTIVATE", "I accept, thanks", "We accept the account.", "Please activate the account. I accept."][:6],
    "es": ["ACEPTAR", "Acepto", "Activar", "ACTIVO", "Aceptamos, gracias", "Acepto la cuenta."],
    "pt": ["ACEITAR", "Aceito", "ATIVAR", "Aceito, obrigado", "Aceitamos a conta."],
    "fr": ["ACCEPTER", "J'accepte", "ACTIVER", "J’active", "J'accepte, merci"],
    "de": ["AKZEPTIEREN", "Annehmen", "AKTIVIEREN", "Ich aktiviere", "Ich aktiviere das Konto, danke"],
}
DECLINE = {
    "en": ["DECLINE", "Reject", "I decline", "DECLINE\nWe do not work with this partner.", "We decline, because we already have one."],
    "es": ["RECHAZAR", "Rechazo", "Rechazo: no conocemos a esta empresa", "RECHAZO\nNo hemos pedido nada."],
    "pt": ["RECUSAR", "Recuso", "Recuso. Já temos uma conta."],
    "fr": ["REFUSER", "Je refuse", "Je refuse, nous ne connaissons pas ce partenaire."],
    "de": ["ABLEHNEN", "Ich lehne ab", "Ich lehne ab, weil wir schon ein Konto haben."],
}
NOT_ME = {
    "en": ["NOT ME", "not me!", "This is not me."],
    "es": ["NO SOY YO", "No soy yo, gracias"],
    "pt": ["NÃO SOU EU", "Não sou eu."],
    "fr": ["PAS MOI", "Ce n'est pas moi."],
    "de": ["NICHT ICH", "Das bin ich nicht."],
}
CANCEL = {
    "en": ["CANCEL", "Please cancel this request.", "Cancel, the customer changed his mind.", "I want to cancel"],
    "es": ["CANCELAR", "Cancelar la solicitud, por favor", "Quiero cancelar la solicitud."],
    "pt": ["CANCELAR", "Quero cancelar o pedido."],
    "fr": ["ANNULER", "Je veux annuler la demande."],
    "de": ["STORNIEREN", "Bitte stornieren"],
}
OTHERS = {
    "status": ["STATUS", "status?", "ESTADO", "État"],
    "help": ["HELP", "Ayuda", "AJUDA", "Aide", "Hilfe"],
    "resend": ["RESEND", "Reenviar", "RENVOYER", "ERNEUT SENDEN", "Please resend"],
    "case": ["CASE", "Caso: no funciona el enlace", "FALL", "Dossier"],
    "feedback": ["FEEDBACK nice letters", "Comentario muy claro todo"],
    "english": ["ENGLISH", "Inglés", "ANGLAIS", "Englisch"],
}
RENEW = ["RENEW", "Renovar", "RENOUVELER", "Erneuern"]
READY = ["READY", "Listo", "PRONTO", "Prêt", "Bereit", "We are ready"]

#: Not a yes, under the rule that says so.
NEVER = {
    "question": [
        "CONFIRM?", "¿Confirmar?", "Should I confirm?", "Can I confirm now?", "Confirm. Is the domain right?", "Confirmo. ¿Es correcto el dominio?",
        "CONFIRM\nWhich domain did you put?", "Ist das bestätigt?", "Je confirme ?", "Is this confirmed", "Can you confirm the request",
        "Do I need to write CONFIRM here", "Yes?", "Sí?", "Confirmo? O pedido está certo?", "What happens when I confirm",
    ],
    "negation": [
        "please do not CONFIRM yet", "I do not confirm", "No confirmo", "Não confirmo", "Je ne confirme pas", "Ich bestätige nicht", "Not confirmed",
        "I can't confirm this", "We cannot confirm", "No, do not confirm", "Nunca confirmo sin leer", "CONFIRM\nNot really", "No puedo confirmar", "Bestätigen kann ich das nicht",
        "Nicht bestätigt", "Confirm nothing", "I never confirm by mail", "Without the name I won't confirm", "CONFIRM... not!", "Sem o domínio não confirmo", "Yes, but no", "Non confirmé",
    ],
    "condition": [
        "Confirm if the domain is right", "Confirmo si el dominio es correcto", "Si todo es correcto, confirmo", "Confirmo se estiver certo", "Je confirme si tout est bon", "Ich bestätige, wenn alles stimmt",
        "CONFIRM once the customer agrees", "I confirm as long as the domain is correct", "Confirmed, provided the note is removed", "Confirmo siempre que cambien el dominio", "CONFIRM unless the name is wrong",
        "Subject to legal approval, confirmed", "Falls alles stimmt, bestätigt", "Confirmo en caso de que sea correcto", "Confirmed pending approval by my manager", "Sí, si el dominio es correcto", "Yes, assuming the domain is right",
        "Confirmo, a condição é mudar o nome", "Sous réserve de validation, je confirme", "Vorbehaltlich der Freigabe bestätigt", "Confirmo, salvo error", "Confirmado desde que o nome mude",
    ],
    "later": [
        "Confirmo mañana", "I will confirm tomorrow", "We confirm next week", "Je confirmerai demain", "Ich bestätige morgen", "Confirmo amanhã", "I'll confirm later", "Wait, then confirm", "CONFIRM\nbut wait until Monday",
        "Confirmaré el lunes", "Te confirmo luego", "Confirm after the meeting", "Je confirme la semaine prochaine", "Bestätige ich später", "Confirmo en cuanto pueda", "Confirm for now", "Confirmed at the end of the month", "Confirmo por ahora",
    ],
    "receipt": [
        "Confirmo recepción", "Confirmed receipt", "I confirm that I received your mail", "Confirmo que he recibido el correo", "Confirmo o recebimento", "Je confirme la réception", "Ich bestätige den Eingang", "I confirm receipt of your request",
        "Acuso recibo, confirmo la recepción", "Je confirme avoir reçu votre message", "Yes, we received it", "Sí, recibido", "Sim, recebi", "Oui, bien reçu", "Ja, erhalten", "I confirm that I have the request", "Confirmo lectura", "Ich bestätige, dass ich die Anfrage habe", "Yes, got it", "I confirm I have your mail",
    ],
    "both": [
        "confirm or cancel", "CONFIRM / CANCEL", "CONFIRMAR o CANCELAR", "CONFIRM\nCANCEL", "Confirmo... no, cancelar", "Confirmer ou annuler", "Bestätigen oder stornieren", "I confirm and decline", "CANCEL. CONFIRM.",
        "Reply CONFIRM to go on, CANCEL to stop", "Yes, cancel it", "Sí, cancelar", "Ja, stornieren", "Confirm the cancellation", "Confirm to cancel",
    ],
    "please": [
        "Please confirm", "Please confirm the request", "Kindly confirm", "Por favor confirmar", "Confirme por favor", "Merci de confirmer", "Veuillez confirmer", "Bitte bestätigen", "Bitte bestätigen Sie den Antrag", "Por favor, confirmen la solicitud",
        "Could you please confirm", "Confirm please", "Pls confirm", "Gracias por confirmar", "Thanks for confirming", "Obrigado por confirmar", "A confirmar", "Por confirmar", "To be confirmed", "To confirm", "À confirmer", "Noch zu bestätigen",
    ],
    "somebody else": [
        "The customer will confirm", "My boss confirmed it", "He says CONFIRM", "You wrote: CONFIRM", "Ana dijo que confirmo", "Confirm with the customer", "Confirmar con el cliente", "Confirmed by the customer that the domain is wrong", "The team has to confirm",
        "Mein Chef bestätigt", "Who can confirm", "Tell Bob to confirm", "Jane confirmed", "They confirmed", "Customer confirmed he wants another name", "Confirm to the customer", "I was told to write CONFIRM",
    ],
    "about the mail": [
        "The word CONFIRM does not work", "CONFIRM is what your mail says", "The confirm button is broken", "I do not see where to CONFIRM", "Your CONFIRM link is dead", "CONFIRM\nis the word you want", "Is CONFIRM the word", "Your mail says: reply CONFIRM", "Confirm is a strange word", "Do you mean CONFIRM",
    ],
    "something else": [
        "I confirm the meeting", "Confirmo la reunión", "Confirmo asistencia", "I confirm the domain is wrong", "I confirm that the name is incorrect", "Confirmo que el dominio está mal", "Confirmed: the customer left", "Confirmed my flight", "Je confirme le rendez-vous", "Ich bestätige den Termin",
        "Confirmo el pago", "I confirm that we want to change the domain", "Confirm the other request", "Confirm request number 2", "Yes, I have a question", "Yes, I am the partner", "Sí, soy yo", "Oui, j'ai une question", "Yes it is wrong", "Ja, aber falsch", "Yes, tomorrow", "I confirm my objection", "Confirmo el rechazo", "We confirm our refusal",
    ],
    "beside it": [
        "CONFIRM\nThe domain should be acme.org.example", "CONFIRM, but change the name to Acme Two", "Confirmed. However the note is wrong.", "Confirmo. Pero el nombre está mal", "CONFIRM\nPlease add jane@acme.example", "CONFIRM\nacme.org.example", "Confirmo, mas o nome está errado", "Je confirme mais le nom est faux", "Bestätigt, aber der Name ist falsch",
        "Confirmed. The customer objects.", "Confirm. My manager has to sign.", "CONFIRM\nI think", "CONFIRM\nMaybe", "Confirmed, more or less", "CONFIRM\nUse the other name", "CONFIRM\nName: none of your business is wrong", "Confirm. Just kidding.", "CONFIRM\nThis is a test", "CONFIRM\n\nP.S. not before Monday", "CONFIRM\n\nThanks,\nTom\n\nPS: wait for my call first",
        "CONFIRM\nThanks\nBut the domain is wrong", "CONFIRM 👎", "[ ] CONFIRM", "CONFIRM\nThat would be premature", "Confirmed in principle", "Almost confirmed", "Half confirmed", "Confirmado a medias", "CONFIRM\nI withdraw this", "CONFIRM\nforget it", "Yes\nI mean the other one", "Sí, bueno, ya veremos", "Yes and no",
        "CONFIRM\n\nThe users are not right.", "Confirmed\nRename it to Acme Three please", "CONFIRM\nLegal is against it", "Confirm\nWe have concerns", "Confirm\nI am hesitating", "CONFIRM\nThe account was created elsewhere",
    ],
    "unclear": ["OK", "Okay, thanks", "Thanks", "Gracias", "👍", "Go ahead", "Adelante", "Fine", "Correct", "Noted", "Understood", "Will do", "approved", "Aprobado", "", "Hello", "Conforme", "Perfecto", "Looks good", "C0NFIRM", "confirmation", "Confirmación", "unconfirmed", "reconfirm"],
}
#: Not an acceptance by the customer.
NEVER_ACCEPT = [
    "yes", "Sí", "ok", "CONFIRM", "Confirmo", "Ja", "ACCEPT?", "I do not accept", "No acepto", "Accept or decline", "I will accept tomorrow", "Acepto si cambian el dominio", "Ich akzeptiere nicht", "J'accepte si le nom change",
    "I accept your invitation to the meeting", "Accepted: meeting", "ACCEPT\nbut remove the users", "How do I accept", "To accept, what do I do", "Please activate", "Bitte aktivieren", "Ich nehme an, dass das Spam ist", "I accept no responsibility", "My colleague accepts", "Accept later",
    "The account is active", "La cuenta está activa", "El enlace no está activo", "Is it activated", "I accept that this is spam", "ACTIVAR / RECHAZAR", "I can't accept", "Não aceito", "Je n'accepte pas", "ACCEPT\nwho are you?", "Cannot activate",
]
