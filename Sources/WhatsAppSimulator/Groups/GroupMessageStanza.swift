import WhatsAppBinary

/// A message a device has sent to a group, checked.
struct GroupMessageStanza: Sendable {
    let id: String
    let group: String
    let type: String
    let edit: AttributeValue?
    /// The sender's key for the devices that have not got it.
    let parts: [MessageStanza.Part]
    let kind: Kind
    /// The whole `device-identity`, to go with what starts a session.
    let identity: Node?
    let phash: String?

    enum Kind: Sendable {
        /// The ciphertext all can read who have the key.
        case message(Node, keyID: UInt32)
        /// A message again, for the one device in `parts`.
        case repetition
    }
}
