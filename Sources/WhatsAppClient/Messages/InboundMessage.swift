import Foundation
import SwiftProtobuf
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

/// The outside of a message that came in.
struct InboundMessage: Sendable {
    enum Body: Sendable {
        /// Ciphertexts of a session between two people.
        case pairwise([Ciphertext])
        /// Nothing to decrypt, or nothing that we take: groups, lists, channels, bots.
        case none
        /// A kind of ciphertext for which this device has no secret.
        case botMessage
    }

    struct Ciphertext: Sendable {
        let bytes: [UInt8]
        let startsSession: Bool
        /// How often we have asked for it, as the sender says.
        let count: Int?
    }

    let node: Node
    let id: String
    /// The sending device.
    let from: JID
    /// The chat, when the sender is our own account.
    let recipient: JID?
    let date: Date?
    let body: Body

    var isPeer: Bool { self.node.string("category") == "peer" }
    var isBacklog: Bool { self.node.attributes["offline"] != nil }
    var pushName: String? { self.node.string("notify").map { String($0.prefix(128)) } }

    /// `nil` when it does not say from whom it is, or which, or has an id of no common length.
    init?(_ node: Node) {
        guard let id = node.string("id"), !id.isEmpty, id.isShort, let from = node.jid("from")?.normalized else {
            return nil
        }
        self.node = node
        self.id = id
        self.from = from
        self.recipient = node.jid("recipient")?.normalized.account
        self.date = node.integer("t", as: UInt32.self).map { Date(timeIntervalSince1970: Double($0)) }
        self.body = from.isPerson ? Self.body(of: node) : .none
    }

    private static func body(of node: Node) -> Body {
        let encs = node.children("enc")
        let ciphertexts = encs.prefix(2).compactMap { enc -> Ciphertext? in
            guard let type = enc.string("type"), ["msg", "pkmsg"].contains(type), let bytes = enc.bytes else {
                return nil
            }
            return Ciphertext(bytes: bytes, startsSession: type == "pkmsg", count: enc.integer("count"))
        }
        if !ciphertexts.isEmpty { return .pairwise(ciphertexts) }
        return encs.contains { $0.string("type") == "msmsg" } ? .botMessage : .none
    }
}

extension Node {
    /// Which names the attributes of a stanza say belong together.
    var mappings: [LIDMapping] {
        let pairs = [
            ("from", ["sender_pn", "sender_lid", "lid"]), ("participant", ["participant_pn", "participant_lid"]),
            ("recipient", ["recipient_pn", "peer_recipient_pn", "peer_recipient_lid"]),
        ]
        return pairs.flatMap { key, others -> [LIDMapping] in
            guard let jid = self.jid(key) else { return [] }
            return others.compactMap { self.jid($0).flatMap { LIDMapping(jid, $0) } }
        }
    }
}

/// The inside of a message that came in.
struct InboundContent: Sendable {
    enum Kind: Sendable, Equatable {
        /// - Parameter editedID: the message whose text this replaces.
        case text(String, editedID: String?)
        case historySync
        case mappings([LIDMapping])
        /// Anything else; it is received, and that is all.
        case other
    }

    let kind: Kind
    /// The chat it was sent to, when it is a copy of what another device of ours has sent.
    let destination: JID?

    /// The most mappings that are taken of one message.
    private static let mappingLimit = 20_000

    /// Reads a plaintext. What is not readable, or claims what its sender may not, is of no interest.
    init(plaintext: [UInt8], isFromMe: Bool) {
        guard let bytes = try? MessagePadding.unpad(plaintext), let outer = try? WAMessage(serializedBytes: bytes)
        else {
            (self.kind, self.destination) = (.other, nil)
            return
        }
        guard outer.hasDeviceSentMessage else {
            (self.kind, self.destination) = (Self.kind(of: outer, isFromMe: isFromMe), nil)
            return
        }
        guard isFromMe, let chat = try? JID(outer.deviceSentMessage.destinationJid) else {
            (self.kind, self.destination) = (.other, nil)
            return
        }
        self.kind = Self.kind(of: outer.deviceSentMessage.message, isFromMe: isFromMe)
        self.destination = chat.normalized.account
    }

    private static func kind(of message: WAMessage, isFromMe: Bool) -> Kind {
        let message = message.unwrapped
        if message.hasProtocolMessage { return self.kind(of: message.protocolMessage, isFromMe: isFromMe) }
        return message.shownText.map { .text($0, editedID: nil) } ?? .other
    }

    /// An unknown type has no presence, so it is not taken for the one with number 0.
    private static func kind(of message: WAProtocolMessage, isFromMe: Bool) -> Kind {
        guard message.hasType else { return .other }
        switch message.type {
        case .messageEdit:
            guard let text = message.editedMessage.unwrapped.shownText else { return .other }
            return .text(text, editedID: message.key.id)
        case .historySyncNotification: return isFromMe ? .historySync : .other
        case .lidMigrationMappingSync:
            guard isFromMe else { return .other }
            return .mappings(self.mappings(message.lidMigrationMappingSyncMessage))
        case .revoke, .ephemeralSetting, .ephemeralSyncResponse, .appStateSyncKeyShare, .appStateSyncKeyRequest,
            .msgFanoutBackfillRequest, .initialSecurityNotificationSettingSync, .appStateFatalExceptionNotification,
            .sharePhoneNumber, .peerDataOperationRequestMessage, .peerDataOperationRequestResponseMessage,
            .limitSharing:
            return .other
        }
    }

    private static func mappings(_ message: WALIDMigrationMappingSyncMessage) -> [LIDMapping] {
        guard let payload = try? WALIDMigrationMappingSyncPayload(serializedBytes: message.encodedMappingPayload) else {
            return []
        }
        return payload.pnToLidMappings.prefix(self.mappingLimit).compactMap { mapping in
            let lid = mapping.hasLatestLid ? mapping.latestLid : mapping.assignedLid
            guard mapping.pn != 0, lid != 0 else { return nil }
            return LIDMapping(lid: String(lid), pn: String(mapping.pn))
        }
    }
}
