import Foundation
import SpoolCore
import Testing

@testable import SpoolFiles

struct MessageBuilderTests {
    @Test func `every field finds its place`() throws {
        let reading = Reading(
            """
            to;body;Ref;device_id;send at;validUntil;PRIORITY;time-zone;Attachment;TYPE;File Name
            15550100001; Hi  ;r-1; dev1 ;2026-11-21 10:42;2026-11-22T00:00:00Z;High;Asia/Karachi; a b.pdf ;Document;Price list.pdf

            """, .csv)
        let message = try #require(reading.messages.first)
        #expect(
            message
                == MessageRequest(
                    recipient: .phone("15550100001"), text: " Hi  ",
                    media: MediaReference(source: "a b.pdf", kind: .document, fileName: "Price list.pdf"), ref: "r-1",
                    device: DeviceID(rawValue: "dev1"),
                    sendAt: Date(timeIntervalSince1970: 1_795_257_720),
                    expiresAt: Date(timeIntervalSince1970: 1_795_305_600),
                    priority: .high, timeZone: "Asia/Karachi"))
    }

    @Test(
        arguments: [
            ([.message: ""], ErrorCode.validation, "message", "required"),
            ([.message: " \n"], .validation, "message", "required"),
            ([.message: String(repeating: "é", count: 65537)], .validation, "message", "65536"),
            ([.ref: String(repeating: "é", count: 129)], .validation, "ref", "128"),
            ([.sendAt: "soon"], .validation, "sendAt", "2026-11-21"),
            ([.expiresAt: "2026-02-30"], .validation, "expiresAt", "2026-11-21"),
            ([.priority: "urgent"], .validation, "priority", "high, normal or low"),
            ([.tz: "Mars/Olympus"], .validation, "tz", "Asia/Karachi"),
            ([.tz: "EST"], .validation, "tz", "Asia/Karachi"),
            ([.mediaUrl: "a.png", .mediaType: "sms"], .validation, "mediaType", "image, video, audio or document"),
            ([.mediaUrl: "a.ogg", .mediaType: "Audio"], .validation, "message", "Audio carries no text"),
            ([.mediaUrl: " ", .message: " "], .validation, "message", "required"),
            ([.mediaUrl: String(repeating: "a", count: 8193)], .validation, "mediaUrl", "8192"),
            ([.mediaUrl: "a\0.png"], .validation, "mediaUrl", "NUL"),
            ([.mediaUrl: "a", .fileName: String(repeating: "é", count: 513)], .validation, "fileName", "1024"),
            ([.mediaUrl: "a", .fileName: "a\0"], .validation, "fileName", "NUL"),
            ([.message: "Dear {{name}}"], .template, "message", "\\{{"),
            ([.message: "\\{{ and {{"], .template, "message", "\\{{"),
        ] as [([MessageField: String], ErrorCode, String, String)])
    func `a bad value refuses the row and names its field`(
        changes: [MessageField: String], code: ErrorCode, field: String, words: String
    ) throws {
        switch Self.content(changes) {
        case .message(let message): Issue.record("taken: \(message)")
        case .refused(let refusal):
            #expect(refusal.code == code)
            #expect(refusal.field == field)
            #expect(refusal.message.contains(words))
            #expect(refusal.message.count < 200)
        }
    }

    @Test(arguments: [
        ("\\{{name}}", "{{name}}"), ("{a} } {", "{a} } {"), ("a\\{{b\\{{", "a{{b{{"), ("\\{", "\\{"), ("\\{{{", "{{{"),
        ("*bold* \u{1F468}\u{200D}\u{1F469}", "*bold* \u{1F468}\u{200D}\u{1F469}"), ("e\u{301}", "e\u{301}"),
    ])
    func `text is sent as written, with an escaped brace pair as a literal`(written: String, sent: String) {
        switch Self.content([.message: written]) {
        // Compared as bytes: equal strings may differ in their normal form.
        case .message(let message): #expect(Array(message.text.utf8) == Array(sent.utf8))
        case .refused(let refusal): Issue.record("refused: \(refusal)")
        }
    }

    @Test func `the longest text and ref are accepted`() {
        let text = String(repeating: "é", count: 65536)
        let ref = String(repeating: "é", count: 128)
        switch Self.content([.message: text, .ref: ref]) {
        case .message(let message):
            #expect(message.text == text)
            #expect(message.ref == ref)
        case .refused(let refusal): Issue.record("refused: \(refusal)")
        }
    }

    @Test(arguments: ["sms", "audio", "text", "image"])
    func `a media type without media means nothing`(type: String) {
        switch Self.content([.mediaType: type, .fileName: "a.pdf", .ref: ""]) {
        case .message(let message):
            #expect(message.ref == nil)
            #expect(message.media == nil)
        case .refused(let refusal): Issue.record("refused: \(refusal)")
        }
    }

    @Test(arguments: [
        ("image", MediaKind.image), ("VIDEO", .video), (" document ", .document), ("text", nil), ("Text", nil),
        ("", nil),
    ])
    func `a media type is one of four words, or left to the file`(type: String, kind: MediaKind?) {
        switch Self.content([.mediaUrl: "a.png", .mediaType: type]) {
        case .message(let message): #expect(message.media == MediaReference(source: "a.png", kind: kind))
        case .refused(let refusal): Issue.record("refused: \(refusal)")
        }
    }

    @Test(
        arguments: [
            ([.mediaUrl: "a.png", .message: ""], ""), ([.mediaUrl: "a.png", .message: " \n"], ""),
            ([.mediaUrl: "a.ogg", .mediaType: "audio", .message: " "], ""), ([.mediaUrl: "a.png"], "Hi"),
        ] as [([MessageField: String], String)])
    func `beside media a text is a caption, and not needed`(changes: [MessageField: String], text: String) {
        switch Self.content(changes) {
        case .message(let message): #expect(message.text == text)
        case .refused(let refusal): Issue.record("refused: \(refusal)")
        }
    }

    private static func content(_ changes: [MessageField: String]) -> DropRow.Content {
        var values = FieldValues()
        values[.number] = "15550100001"
        values[.message] = "Hi"
        for (field, text) in changes { values[field] = text }
        return MessageBuilder(rules: ReadingRules(), defaults: BatchFields()).content(of: values)
    }
}
