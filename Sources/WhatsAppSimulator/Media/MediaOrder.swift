import WhatsAppCrypto

/// What a message says about a file, so that a phone can fetch it and see whether it is the right one.
struct MediaOrder: Sendable, Hashable {
    let kind: MediaKind
    let directPath: String
    let mediaKey: [UInt8]
    let fileSHA256: [UInt8]
    let fileEncSHA256: [UInt8]
    let fileLength: UInt64
    /// The message that brought it: how the receiving phone knows it.
    var message: MessageKey?

    /// What it is about, whoever wants it.
    var withoutMessage: MediaOrder {
        var order = self
        order.message = nil
        return order
    }
}

/// One message in one chat, as a phone tells them apart.
struct MessageKey: Sendable, Hashable {
    /// The number of the one who wrote it.
    let from: String
    /// The number of the other side, or the address of the group.
    let chat: String
    let id: String
}
