import WhatsAppBinary

/// A decoded node can be printed and, when an encoder takes it, its encoding decodes and encodes to the same bytes.
enum NodeTarget {
    static func run(_ bytes: [UInt8]) {
        guard let node = try? NodeDecoder.decode(bytes) else { return }
        _ = node.description
        guard let encoded = try? NodeEncoder.encode(node) else { return }
        do {
            let again = try NodeEncoder.encode(NodeDecoder.decode(encoded))
            precondition(again == encoded, "the same node has two encodings")
        } catch {
            preconditionFailure("the encoder's own bytes are refused: \(error)")
        }
    }
}
