import CryptoPrimitives
import Foundation
import SignalProtocol
import WhatsAppBinary

// What a phone says about messages it got, and what it hears about its own.
extension SimulatedPhone {
    func receipt(for delivery: Delivery) -> PhoneOutput {
        var node = Node("receipt")
        node.attributes["id"] = delivery.stanza.attributes["id"]
        node.attributes["to"] = delivery.stanza.attributes["from"]
        node.attributes["recipient"] = delivery.stanza.attributes["recipient"]
        if delivery.stanza.string("category") == "peer" {
            node.attributes["type"] = "peer_msg"
        } else if delivery.sender.number == self.id.number {
            node.attributes["type"] = "sender"
        }
        node.attributes["participant"] = delivery.stanza.attributes["participant"]
        return .receipt(node, to: delivery.sender)
    }

    /// How often a message is asked for again, or sent again to one device.
    private static let maximumRepetitions = 5

    /// Asks for a message again, five times at most; the keys go along from the second time on.
    mutating func refuse(
        _ delivery: Delivery, id: String, _ error: SignalError, using random: inout SimulationRandom
    ) -> [PhoneOutput] {
        self.undecryptable += 1
        let key = "\(id)|\(delivery.sender)"
        let count = self.retries[key, default: 0] + 1
        self.retries[key] = count
        // Who was never given a key is told so by the service, which knows why.
        let isMissingKey = if case .noSenderKey = error { true } else { false }
        let failure = PhoneOutput.undecryptable(isMissingKey ? nil : "\(error)", sender: delivery.sender)
        guard count <= Self.maximumRepetitions, let bundle = try? self.bundle(withOneTimeKey: count > 1, using: &random)
        else {
            return [failure]
        }
        var node = Node("receipt", ["type": "retry"])
        node.attributes["id"] = delivery.stanza.attributes["id"]
        node.attributes["to"] = delivery.stanza.attributes["from"]
        node.attributes["recipient"] = delivery.stanza.attributes["recipient"]
        node.attributes["participant"] = delivery.stanza.attributes["participant"]
        let retry = Node(
            "retry",
            [
                "count": .integer(count), "id": .string(id), "t": delivery.stanza.attributes["t"] ?? "0", "v": "1",
            ])
        var children = [retry, Node("registration", bytes: bundle.registrationID.bytes(4))]
        if let preKey = bundle.preKey {
            let head = SimulatedService.head(of: bundle.registrationID, bundle.identityKey.publicKey).dropFirst()
            children.append(
                Node(
                    "keys",
                    children: Array(head) + [
                        SimulatedService.node(of: preKey), SimulatedService.node(of: bundle.signedPreKey),
                    ]))
        }
        node.content = .nodes(children)
        return [failure, .receipt(node, to: delivery.sender)]
    }

    /// News about a message of the phone's own.
    mutating func receiveReceipt(_ delivery: Delivery) -> [PhoneOutput] {
        let stanza = delivery.stanza
        let items = stanza.child("list")?.children("item").compactMap { $0.string("id") } ?? []
        for id in [stanza.string("id") ?? ""] + items {
            switch stanza.string("type") {
            case nil, "inactive": self.sent[id]?.deliveredTo.insert(delivery.sender)
            case "read", "played":
                self.sent[id]?.deliveredTo.insert(delivery.sender)
                self.sent[id]?.readOn.insert(delivery.sender)
            default: break
            }
        }
        guard stanza.string("type") == "retry", let id = stanza.string("id"), let message = self.sent[id],
            let count: Int = stanza.child("retry")?.integer("count"), count <= Self.maximumRepetitions
        else { return [] }
        // Counted here as well: some devices ask for the first time for ever.
        let key = "\(id)|\(delivery.sender)"
        guard self.repetitions[key, default: 0] < Self.maximumRepetitions else { return [] }
        self.repetitions[key, default: 0] += 1
        let retry = PhoneRetry(count: count, bundle: Self.bundle(in: stanza))
        return [.sendAgain(message, to: delivery.sender, retry)]
    }

    private static func bundle(in receipt: Node) -> PreKeyBundle? {
        guard let keys = receipt.child("keys"), let skey = keys.child("skey"),
            let registration = receipt.child("registration")?.bytes, registration.count == 4,
            let identity = try? PreKeyUpload.key("identity", of: keys),
            let signed = try? PreKeyUpload.signedKey(skey, of: identity)
        else { return nil }
        let oneTime = keys.child("key").flatMap { try? PreKeyUpload.oneTimeKey($0) }
        return PreKeyBundle(
            registrationID: UInt32(bigEndian: registration), identityKey: IdentityKey(identity),
            signedPreKey: signed, preKey: oneTime)
    }
}
