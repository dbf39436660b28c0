/// What is answered to a wish, in the language of its word.
extension OptOut {
    static let confirmations: [String: (stop: String, start: String)] = [
        "en": (
            "You will receive no more messages from this number. Reply START to receive them again.",
            "You will receive messages from this number again. Reply STOP to end them."
        ),
        "es": (
            "No recibirá más mensajes de este número. Responda ALTA para volver a recibirlos.",
            "Volverá a recibir mensajes de este número. Responda BAJA para dejar de recibirlos."
        ),
        "pt": (
            "Você não receberá mais mensagens deste número. Responda VOLTAR para recebê-las novamente.",
            "Você voltará a receber mensagens deste número. Responda SAIR para deixar de recebê-las."
        ),
        "fr": (
            "Vous ne recevrez plus de messages de ce numéro. Répondez REPRENDRE pour en recevoir à nouveau.",
            "Vous recevrez à nouveau des messages de ce numéro. Répondez STOP pour ne plus en recevoir."
        ),
        "de": (
            "Sie erhalten keine Nachrichten von dieser Nummer mehr. Antworten Sie START, um wieder welche zu erhalten.",
            "Sie erhalten wieder Nachrichten von dieser Nummer. Antworten Sie STOPP, um keine mehr zu erhalten."
        ),
        "it": (
            "Non riceverà più messaggi da questo numero. Risponda RIPRENDI per riceverli di nuovo.",
            "Riceverà di nuovo messaggi da questo numero. Risponda STOP per non riceverne più."
        ),
        "nl": (
            "U ontvangt geen berichten meer van dit nummer. Antwoord AANMELDEN om ze weer te ontvangen.",
            "U ontvangt weer berichten van dit nummer. Antwoord AFMELDEN om ze te stoppen."
        ),
        "id": (
            "Anda tidak akan menerima pesan lagi dari nomor ini. Balas MULAI untuk menerimanya kembali.",
            "Anda akan menerima pesan lagi dari nomor ini. Balas BERHENTI untuk menghentikannya."
        ),
    ]
}
