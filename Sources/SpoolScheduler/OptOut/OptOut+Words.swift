/// The words of each language.
///
/// Left out is what answers other questions as well, at home or next door: the Finnish "seis" is a Spanish six, the
/// Swahili "acha" an Urdu "good".
extension OptOut {
    struct Words {
        let language: String
        let stop: [String]
        let start: [String]

        init(_ language: String, stop: [String], start: [String]) {
            self.language = language
            self.stop = stop
            self.start = start
        }
    }

    static let table: [Words] = Self.western + Self.eastern + Self.asian + Self.african

    private static let western: [Words] = [
        Words(
            "en",
            stop: [
                "stop", "stop all", "stopall", "unsubscribe", "optout", "opt out", "cancel", "quit", "end", "remove me",
                "stop messages", "stop it", "please stop", "unsub", "revoke",
            ], start: ["start", "unstop", "subscribe", "opt in", "optin", "resubscribe"]),
        Words(
            "es",
            stop: [
                "baja", "dar de baja", "darme de baja", "darse de baja", "parar", "pare", "detener", "cancelar",
                "no más mensajes", "cancelar suscripción", "desuscribir", "desuscribirse", "salir",
            ], start: ["alta", "darme de alta", "suscribir", "suscribirme", "iniciar"]),
        Words(
            "pt",
            stop: [
                "sair", "parar", "pare", "cancelar", "descadastrar", "remover", "sair da lista", "não quero mais",
                "cancelar inscrição", "pare de enviar",
            ], start: ["voltar", "inscrever", "cadastrar", "assinar"]),
        Words(
            "fr",
            stop: [
                "arrêt", "arrêter", "arrêtez", "désabonner", "me désabonner", "désinscrire", "désinscription",
                "désabonnement", "se désabonner", "stop sms",
            ], start: ["abonner", "m'abonner", "s'abonner", "réabonner", "reprendre"]),
        Words(
            "de",
            stop: [
                "stopp", "abmelden", "abbestellen", "austragen", "aufhören", "bitte abmelden", "keine nachrichten",
                "keine nachrichten mehr", "abmeldung",
            ], start: ["anmelden", "wieder anmelden"]),
        Words(
            "it",
            stop: [
                "ferma", "fermare", "disiscrivi", "disiscrivimi", "cancellami", "annulla iscrizione",
                "disiscrizione", "basta messaggi", "annulla",
            ], start: ["iscrivi", "iscrivimi", "riprendi"]),
        Words(
            "nl", stop: ["afmelden", "uitschrijven", "stoppen", "meld mij af"], start: ["aanmelden", "inschrijven"]),
        Words("af", stop: ["teken uit", "kanselleer", "staak"], start: ["teken in"]),
        Words("ca", stop: ["atura", "atureu", "donar de baixa", "cancel·lar"], start: ["alta", "subscriure"]),
        Words("gl", stop: ["deter", "dar de baixa", "cancelar subscrición"], start: ["subscribir"]),
        Words("eu", stop: ["gelditu", "utzi", "baja eman"], start: ["hasi", "harpidetu"]),
        Words(
            "sv", stop: ["stoppa", "avsluta", "avregistrera", "avprenumerera", "sluta"],
            start: ["starta", "prenumerera"]),
        Words("nb", stop: ["stopp", "avslutt", "meld av", "avmeld", "slutt"], start: ["meld på", "abonner"]),
        Words("da", stop: ["stop nu", "afmeld", "afslut", "frameld"], start: ["tilmeld"]),
        Words("is", stop: ["hætta", "afskrá", "stöðva"], start: ["byrja", "skrá"]),
        Words("fi", stop: ["lopeta", "peruuta", "poista"], start: ["aloita", "tilaa"]),
        Words("et", stop: ["peata", "lõpeta", "loobu", "tühista"], start: ["alusta", "telli"]),
        Words("lv", stop: ["apturēt", "pārtraukt", "atteikties", "beigt"], start: ["sākt", "pieteikties"]),
        Words("lt", stop: ["stabdyti", "sustabdyti", "atsisakyti", "baigti"], start: ["pradėti", "prenumeruoti"]),
        Words("ga", stop: ["díliostáil", "stopaigh"], start: ["tosaigh", "liostáil"]),
        Words("cy", stop: ["stopio", "dad-danysgrifio", "datdanysgrifio"], start: ["cychwyn", "tanysgrifio"]),
        Words("mt", stop: ["ieqaf", "waqqaf"], start: ["ibda"]),
        Words("sq", stop: ["ndalo", "çregjistrohu", "çabonohu", "anulo"], start: ["fillo", "regjistrohu"]),
    ]

    private static let eastern: [Words] = [
        Words(
            "pl", stop: ["rezygnuję", "wypisz", "wypisz mnie", "anuluj", "zatrzymaj", "koniec"],
            start: ["zapisz", "wznów"]),
        Words("cs", stop: ["zrušit", "odhlásit", "zastavit", "konec", "přestaňte"], start: ["přihlásit", "obnovit"]),
        Words("sk", stop: ["zrušiť", "odhlásiť", "zastaviť", "koniec", "prestaňte"], start: ["prihlásiť", "obnoviť"]),
        Words("sl", stop: ["ustavi", "odjava", "prekliči", "odjavi"], start: ["prijava", "začni"]),
        Words("hr", stop: ["zaustavi", "odjava", "odjavi me", "otkaži", "prekini"], start: ["prijava", "počni"]),
        Words(
            "sr", stop: ["стоп", "одјава", "одјави ме", "откажи", "заустави", "прекини"], start: ["пријава", "почни"]),
        Words("mk", stop: ["стоп", "одјави", "одјави ме", "прекини", "запри"], start: ["пријави", "почни"]),
        Words(
            "bg", stop: ["стоп", "отказ", "отпиши", "спри", "спрете", "отписване"],
            start: ["старт", "абонирай", "запиши"]),
        Words(
            "hu", stop: ["leiratkozás", "leiratkozom", "állj", "leállítás", "lemondás"],
            start: ["feliratkozás", "feliratkozom"]),
        Words(
            "ro", stop: ["dezabonare", "dezabonează", "oprește", "opriți", "renunț", "anulează"],
            start: ["abonare", "abonează", "pornește"]),
        Words(
            "el", stop: ["διακοπή", "σταμάτα", "σταματήστε", "διαγραφή", "ακύρωση", "τέλος", "στοπ"],
            start: ["έναρξη", "εγγραφή"]),
        Words(
            "ru", stop: ["стоп", "отписаться", "отписка", "отмена", "прекратить", "хватит", "отпишите меня"],
            start: ["старт", "подписаться", "начать"]),
        Words(
            "uk", stop: ["стоп", "відписатися", "відписатись", "скасувати", "припинити", "відписка"],
            start: ["старт", "підписатися", "почати"]),
        Words("be", stop: ["стоп", "адпісацца", "спыніць", "адмяніць"], start: ["старт", "падпісацца", "пачаць"]),
        Words(
            "tr", stop: ["durdur", "iptal", "ret", "çık", "abonelikten çık", "aboneliği iptal et"],
            start: ["başla", "başlat", "abone ol"]),
        Words("az", stop: ["dayandır", "ləğv et", "imtina"], start: ["başla", "abunə ol"]),
        Words("kk", stop: ["тоқта", "тоқтату", "бас тарту"], start: ["баста", "бастау", "жазылу"]),
        Words("ky", stop: ["токто", "токтотуу", "баш тартуу"], start: ["башта", "баштоо"]),
        Words(
            "uz", stop: ["to'xta", "to'xtatish", "bekor qilish", "тўхта", "тўхтатиш"], start: ["boshlash", "obuna"]),
        Words("mn", stop: ["зогс", "зогсоо", "цуцлах"], start: ["эхлэх", "эхлүүлэх"]),
        Words("ka", stop: ["შეჩერება", "გაუქმება", "სტოპ", "შეწყვეტა"], start: ["დაწყება", "გამოწერა"]),
        Words("hy", stop: ["դադարեցնել", "կանգ", "ստոպ", "չեղարկել"], start: ["սկսել", "բաժանորդագրվել"]),
    ]

    private static let asian: [Words] = [
        Words(
            "ar", stop: ["توقف", "إيقاف", "أوقف", "إلغاء", "إلغاء الاشتراك", "الغاء", "قف", "كفى", "وقف"],
            start: ["ابدأ", "اشتراك", "اشترك", "بدء"]),
        Words("he", stop: ["הסר", "הסרה", "עצור", "הפסק", "להסיר", "די", "בטל"], start: ["התחל", "הרשמה", "הצטרף"]),
        Words("fa", stop: ["توقف", "لغو", "لغو اشتراک", "انصراف"], start: ["شروع", "عضویت"]),
        Words("ps", stop: ["ودرېږه", "بند کړه", "لغوه"], start: ["پیل", "پیل کړه"]),
        Words(
            "ur", stop: ["بند", "بند کریں", "بند کرو", "روکیں", "ختم", "منسوخ", "رکو", "band karo", "band karein"],
            start: ["شروع", "شروع کریں", "shuru"]),
        Words(
            "hi", stop: ["बंद", "बंद करो", "बंद करें", "रोकें", "रोको", "रुको", "रद्द करें", "रद्द", "स्टॉप"],
            start: ["शुरू", "शुरू करें", "चालू करें"]),
        Words("mr", stop: ["थांबवा", "थांबा", "बंद करा", "रद्द करा"], start: ["सुरू", "सुरू करा"]),
        Words("ne", stop: ["रोक्नुहोस्", "बन्द", "बन्द गर्नुहोस्", "रद्द गर्नुहोस्"], start: ["सुरु", "सुरु गर्नुहोस्"]),
        Words("bn", stop: ["বন্ধ", "বন্ধ করুন", "থামুন", "থামান", "বাতিল", "স্টপ"], start: ["শুরু", "শুরু করুন", "চালু"]),
        Words("pa", stop: ["ਬੰਦ", "ਬੰਦ ਕਰੋ", "ਰੋਕੋ", "ਰੁਕੋ"], start: ["ਸ਼ੁਰੂ", "ਸ਼ੁਰੂ ਕਰੋ"]),
        Words("gu", stop: ["બંધ", "બંધ કરો", "રોકો", "રદ કરો"], start: ["શરૂ", "શરૂ કરો"]),
        Words("ta", stop: ["நிறுத்து", "நிறுத்தவும்", "நிறுத்துங்கள்", "ரத்து"], start: ["தொடங்கு", "தொடங்கவும்"]),
        Words("te", stop: ["ఆపు", "ఆపండి", "నిలిపివేయండి", "రద్దు"], start: ["ప్రారంభించు", "ప్రారంభించండి"]),
        Words("kn", stop: ["ನಿಲ್ಲಿಸಿ", "ನಿಲ್ಲಿಸು", "ರದ್ದುಮಾಡಿ"], start: ["ಪ್ರಾರಂಭಿಸಿ", "ಆರಂಭಿಸಿ"]),
        Words("ml", stop: ["നിർത്തുക", "നിർത്തൂ", "റദ്ദാക്കുക"], start: ["ആരംഭിക്കുക", "തുടങ്ങുക"]),
        Words("si", stop: ["නවත්වන්න", "නවතන්න", "අවලංගු කරන්න"], start: ["ආරම්භ කරන්න", "පටන් ගන්න"]),
        Words("th", stop: ["หยุด", "ยกเลิก", "เลิก", "หยุดส่ง", "ไม่รับข่าวสาร"], start: ["เริ่ม", "สมัคร"]),
        Words("lo", stop: ["ຢຸດ", "ຍົກເລີກ"], start: ["ເລີ່ມ", "ສະໝັກ"]),
        Words("km", stop: ["ឈប់", "បញ្ឈប់", "បោះបង់"], start: ["ចាប់ផ្តើម"]),
        Words("my", stop: ["ရပ်", "ရပ်ပါ", "ရပ်တန့်", "ပယ်ဖျက်"], start: ["စတင်", "စတင်ပါ"]),
        Words(
            "vi", stop: ["dừng", "dừng lại", "hủy", "huỷ", "từ chối", "ngừng", "hủy đăng ký"],
            start: ["bắt đầu", "đăng ký"]),
        Words(
            "id", stop: ["berhenti", "batal", "stop pesan", "berhenti berlangganan", "hentikan"],
            start: ["mulai", "berlangganan", "daftar"]),
        Words("ms", stop: ["henti", "berhenti", "batalkan", "hentikan", "tamat"], start: ["mula", "langgan"]),
        Words("tl", stop: ["itigil", "tigil", "ihinto", "tama na"], start: ["simulan", "magsimula"]),
        Words("zh", stop: ["停止", "退订", "退訂", "取消", "取消订阅", "取消訂閱", "停", "拒收"], start: ["开始", "開始", "订阅", "訂閱"]),
        Words("ja", stop: ["停止", "配信停止", "解除", "登録解除", "ストップ", "中止", "退会"], start: ["開始", "登録", "再開", "スタート"]),
        Words("ko", stop: ["중지", "정지", "그만", "수신거부", "수신 거부", "해지", "취소", "스톱"], start: ["시작", "구독", "수신동의"]),
    ]

    private static let african: [Words] = [
        Words("sw", stop: ["simama", "sitisha", "ondoa", "jiondoe"], start: ["anza", "jiunge"]),
        Words("am", stop: ["አቁም", "አቁሙ", "ተው", "ሰርዝ"], start: ["ጀምር", "ጀምሩ"]),
        Words("so", stop: ["jooji", "iska jooji", "jooji fariimaha"], start: ["bilow"]),
        Words("ha", stop: ["tsaya", "dakata"], start: ["fara aikawa"]),
        Words("yo", stop: ["dúró", "dáwọ́ dúró"], start: ["bẹ̀rẹ̀"]),
        Words("ig", stop: ["kwụsị"], start: ["malite"]),
        Words("zu", stop: ["yima", "khansela"], start: ["qala"]),
        Words("xh", stop: ["yeka", "nqumamisa"], start: ["qalisa"]),
        Words("rw", stop: ["hagarika", "guhagarika"], start: ["tangira"]),
        Words("mg", stop: ["ajanony", "atsaharo"], start: ["atombohy"]),
    ]
}
