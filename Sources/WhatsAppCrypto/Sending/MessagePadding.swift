/// The padding of messages before they are encrypted, which hides their exact length: 1 to 15 bytes, each of them the
/// number of padding bytes.
public enum MessagePadding {
    /// The most bytes `pad` adds.
    public static let maximumCount = 15

    /// The message with its padding, whose length comes from the lowest four bits of one number.
    public static func pad(_ message: [UInt8], using generator: inout some RandomNumberGenerator) -> [UInt8] {
        let random = Int(truncatingIfNeeded: generator.next() & 0x0F)
        let count = random == 0 ? Self.maximumCount : random
        var padded = message
        padded.reserveCapacity(message.count + count)
        padded.append(contentsOf: repeatElement(UInt8(count), count: count))
        return padded
    }

    /// The message without its padding. Up to 255 bytes are taken off, for other clients pad differently.
    /// - Throws: `emptyMessage`, `wrongMessagePadding`.
    public static func unpad(_ padded: [UInt8]) throws(WhatsAppCryptoError) -> [UInt8] {
        guard let last = padded.last else { throw .emptyMessage }
        let count = Int(last)
        guard 1...padded.count ~= count, padded.suffix(count).allSatisfy({ $0 == last }) else {
            throw .wrongMessagePadding(announced: last, count: padded.count)
        }
        return Array(padded.dropLast(count))
    }
}
