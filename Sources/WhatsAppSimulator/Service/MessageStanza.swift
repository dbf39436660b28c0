import WhatsAppBinary

/// A message a device has sent, checked.
struct MessageStanza: Sendable {
    let id: String
    let to: JID
    let addressing: Addressing
    /// Whom it is to; `nil` when nobody has that address.
    let recipient: SimulatedDeviceID?
    /// What is for which device; those nobody has are left out.
    var parts: [Part]
    let kind: Kind
    /// The whole `device-identity`, to go with what starts a session.
    let identity: Node?
    let token: [UInt8]?
    let edit: AttributeValue?
    let type: String

    struct Part: Sendable {
        let device: SimulatedDeviceID
        let enc: Node
    }

    enum Kind: Sendable, Hashable {
        case message
        /// For the own phone.
        case peer
        /// A message again, for one device that could not read it.
        case repetition
    }
}

/// A message the service has taken.
struct AcceptedMessage: Sendable {
    let sender: SimulatedDeviceID
    /// The devices that got it.
    var served: Set<SimulatedDeviceID>
}

/// One stanza on its way to one device.
struct Delivery: Sendable {
    let to: SimulatedDeviceID
    let sender: SimulatedDeviceID
    /// The number of the other side, as the recipient sees the chat, or the address of the group.
    let chat: String
    let stanza: Node

    var isGroup: Bool { SimulatedGroup.isAddress(self.chat) }
}

/// What waits for a phone that is run here.
typealias PhoneMail = Delivery
