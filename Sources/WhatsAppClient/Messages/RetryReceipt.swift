import SignalProtocol
import WhatsAppBinary

/// Somebody's device could not decrypt a message of ours and asks for it again.
struct RetryRequest: Sendable {
    let id: String
    /// Where it comes from: the device itself, or the group.
    let from: JID
    /// The device that asks.
    let device: JID
    /// The chat, when it is a device of our own.
    let recipient: JID?
    let participant: AttributeValue?
    /// How often it has asked for this message, from 1.
    let count: Int
    let timestamp: AttributeValue?
    let registrationID: UInt32?
    /// Keys for a new session; `nil` also when they are not readable.
    let bundle: PreKeyBundle?

    var isFromGroup: Bool { self.from.isGroup }

    /// `nil` when it does not say for what or for whom, or is longer than any of ours.
    init?(_ receipt: Node) {
        guard let retry = receipt.child("retry"), let id = retry.string("id") ?? receipt.string("id"), id.isShort,
            let from = receipt.jid("from")?.normalized,
            let device = from.isGroup ? receipt.jid("participant")?.normalized : from, device.isPerson,
            let count = retry.integer("count", as: Int.self), count > 0,
            receipt.hasShortAttributes, retry.hasShortAttributes
        else { return nil }
        self.id = id
        self.from = from
        self.device = device
        self.recipient = receipt.jid("recipient")?.normalized
        self.participant = receipt.attributes["participant"]
        self.count = count
        self.timestamp = retry.attributes["t"]
        let registration = receipt.child("registration")
        self.registrationID = registration.flatMap { UInt32(registration: $0) }
        self.bundle = receipt.child("keys").flatMap { PreKeyBundle(keys: $0, registration: registration) }
    }
}

/// Our own asking for a message again.
struct RetryReceipt: Sendable {
    /// The keys for a new session.
    struct Keys: Sendable {
        let preKey: PreKey
        let signedPreKey: SignedPreKey
        let deviceIdentity: [UInt8]
    }

    let message: Node
    let count: Int
    let identity: LocalIdentity
    let keys: Keys?

    var node: Node {
        var receipt = Node.receipt(for: self.message, type: "retry")
        if self.message.string("category") == "peer" { receipt.attributes["category"] = "peer" }
        var retry: Attributes = ["count": .integer(self.count)]
        retry["id"] = self.message.attributes["id"]
        retry["t"] = self.message.attributes["t"]
        retry["v"] = "1"
        var children = [Node("retry", retry), PreKeyStanzas.registration(of: self.identity)]
        if let keys {
            let nodes =
                PreKeyStanzas.identity(of: self.identity) + [
                    PreKeyStanzas.node(of: keys.preKey), PreKeyStanzas.node(of: keys.signedPreKey),
                    Node("device-identity", bytes: keys.deviceIdentity),
                ]
            children.append(Node("keys", children: nodes))
        }
        receipt.content = .nodes(children)
        return receipt
    }
}

/// Counts what we have asked for again, so that nobody makes us ask without end.
struct RetryLedger: Sendable {
    /// Requests to one account in an hour.
    static let hourlyLimit = 30

    private struct MessageKey: Hashable {
        let id: String
        let sender: JID
    }

    private var counts = RecentValues<MessageKey, Int>(limit: 1024)
    private var hours = RecentValues<JID, HourlyCount>(limit: 1024)

    /// Which request for this message is to be made now, from 1; `nil` for none.
    /// - Parameters:
    ///   - announced: how often the sender says that we have asked.
    ///   - now: seconds of any clock.
    mutating func next(id: String, sender: JID, announced: Int?, now: Double) -> Int? {
        let key = MessageKey(id: id, sender: sender)
        let said = min(max(announced ?? 0, 0), MessagePolicy.retryLimit)
        let count = max(self.counts[key] ?? 0, said) + 1
        guard count <= MessagePolicy.retryLimit else { return nil }
        var hour = self.hours[sender.account] ?? HourlyCount()
        guard hour.isBelow(Self.hourlyLimit, now: now) else { return nil }
        hour.increment(now: now)
        self.hours[sender.account] = hour
        self.counts[key] = count
        return count
    }
}
