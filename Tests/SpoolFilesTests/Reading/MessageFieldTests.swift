import SpoolCore
import Testing

@testable import SpoolFiles

struct MessageFieldTests {
    @Test(arguments: [
        ("number", MessageField.number), ("to", .number), ("phone", .number), ("mobile", .number), ("msisdn", .number),
        ("recipient", .number), ("message", .message), ("text", .message), ("body", .message), ("caption", .message),
        ("mediaUrl", .mediaUrl), ("media", .mediaUrl), ("attachment", .mediaUrl), ("mediaType", .mediaType),
        ("type", .mediaType), ("fileName", .fileName), ("sessionId", .sessionId), ("device", .sessionId),
        ("deviceId", .sessionId), ("ref", .ref), ("reference", .ref), ("externalId", .ref), ("clientRef", .ref),
        ("sendAt", .sendAt), ("expiresAt", .expiresAt), ("validUntil", .expiresAt), ("priority", .priority),
        ("tz", .tz),
        ("timezone", .tz), ("Send_At", .sendAt), ("EXTERNAL-ID", .ref), (" time zone ", .tz),
        ("session_id", .sessionId),
    ])
    func `a field is found by its name and aliases in any spelling`(name: String, field: MessageField) {
        #expect(MessageField.named(name.utf8)?.field == field)
    }

    @Test(arguments: ["", "numbers", "\0to", "telephone", "name", "numberrrrrrrrrrrrrrrrrrrrr", "nümber"])
    func `any other name is the client's own`(name: String) {
        #expect(MessageField.named(name.utf8) == nil)
    }
}
