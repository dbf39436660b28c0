import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

@Suite struct OptOutTests {
    @Test(arguments: [
        "STOP", "stop", "  Stop \n", "Stop!", "S.T.O.P.", "«stop»", "STOP 🛑", "ＳＴＯＰ", "stop\u{200F}", "opt-out",
        "Opt out",
        "UNSUBSCRIBE", "cancel", "QUIT", "End.", "SAIR", "parar", "BAJA", "Pare", "ARRÊT", "arret", "Arre\u{302}t",
        "BERHENTI", "توقف", "توقّف", "الغاء", "إلغاء", "СТОП", "стоп.", "退订", "停止。", "중지", "หยุด", "בטל", "dừng", "DUNG",
        "Διακοπή", "διακοπη", "बंद करो", "বন্ধ", "abmelden", "ABMELDEN", "unsubscribe\u{0}",
    ])
    func `a message that is a stop word stops`(text: String) {
        #expect(OptOut.wish(in: text)?.kind == .stop)
    }

    @Test(arguments: ["START", "start!", "Voltar", "ALTA", "старт", "ابدأ", "開始", "시작", "unstop", "Mulai"])
    func `a message that is a start word starts`(text: String) {
        #expect(OptOut.wish(in: text)?.kind == .start)
    }

    @Test(arguments: [
        "stop, o Zé não vem", "Please don't stop", "stop stop", "the end", "can I cancel my order?", "bus stop", "",
        "   ",
        "!!!", "🛑", "no", "ok", "yes", "thanks", "stopped", "started", "1", "bajar", "sairei", "starting", "?",
    ])
    func `conversation is none`(text: String) {
        #expect(OptOut.wish(in: text) == nil)
    }

    @Test func `at least thirty languages have words, and none is lost to another meaning`() {
        #expect(Set(OptOut.table.map(\.language)).count >= 30)
        #expect(Set(OptOut.table.map(\.language)).count == OptOut.table.count)
        for entry in OptOut.table {
            #expect(!entry.stop.isEmpty && !entry.start.isEmpty, "\(entry.language)")
            for word in entry.stop { #expect(OptOut.wish(in: word)?.kind == .stop, "\(entry.language): \(word)") }
            for word in entry.start { #expect(OptOut.wish(in: word)?.kind == .start, "\(entry.language): \(word)") }
        }
    }

    @Test func `a reply without end is not looked at`() {
        #expect(OptOut.wish(in: String(repeating: " ", count: 257) + "stop") == nil)
        #expect(OptOut.wish(in: String(repeating: " ", count: 200) + "stop")?.kind == .stop)
        #expect(OptOut.wish(in: String(repeating: "\u{301}", count: 1_000_000)) == nil)
    }

    @Test(arguments: UInt64(1)...20)
    func `any text has an answer`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(OptOut.wish(in: text)?.kind != .stop, "seed \(seed): \(text.debugDescription)")
        }
    }

    @Test func `a wish is confirmed once, in its language, and only if that is on`() throws {
        let stop = try #require(OptOut.wish(in: "Baja"))
        #expect(stop == OptOut.Wish(kind: .stop, language: "es"))
        #expect(OptOut.confirmation(of: stop, isOn: false, isNews: true) == nil)
        #expect(OptOut.confirmation(of: stop, isOn: true, isNews: false) == nil)
        #expect(
            OptOut.confirmation(of: stop, isOn: true, isNews: true)
                == "No recibirá más mensajes de este número. Responda ALTA para volver a recibirlos.")
        let thai = try #require(OptOut.wish(in: "หยุด"))
        #expect(
            OptOut.confirmation(of: thai, isOn: true, isNews: true)
                == "You will receive no more messages from this number. Reply START to receive them again.")
        let start = try #require(OptOut.wish(in: "start"))
        #expect(
            OptOut.confirmation(of: start, isOn: true, isNews: true)
                == "You will receive messages from this number again. Reply STOP to end them.")
    }

    @Test func `what a confirmation asks to reply does what it says`() {
        for (language, texts) in OptOut.confirmations {
            let inStop = texts.stop.split { !$0.isLetter }.map(String.init).filter {
                $0 == $0.uppercased() && $0.count > 2
            }
            let inStart = texts.start.split { !$0.isLetter }.map(String.init).filter {
                $0 == $0.uppercased() && $0.count > 2
            }
            #expect(inStop.compactMap { OptOut.wish(in: $0)?.kind } == [.start], "\(language)")
            #expect(inStart.compactMap { OptOut.wish(in: $0)?.kind } == [.stop], "\(language)")
        }
    }
}
