import Foundation
import SwiftProtobuf
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

/// The outside of a message that came in.
struct InboundMessage: Sendable {
    enum Body: Sendable {
        /// In the order in which they are to be opened: what brings a sender key comes before what needs it.
        case ciphertexts([Ciphertext])
        /// Something that this device does not get to see.
        case unavailable
        /// Nothing to decrypt, or nothing that we take: lists, channels, bots.
        case none
        /// A kind of ciphertext for which this device has no secret.
        case botMessage
    }

    struct Ciphertext: Sendable {
        enum Kind: String, Sendable {
            case message = "msg"
            case sessionStart = "pkmsg"
            case senderKeyMessage = "skmsg"
        }

        let bytes: [UInt8]
        let kind: Kind
        /// How often we have asked for it, as the sender says.
        let count: Int?
    }

    let node: Node
    let id: String
    /// The chat: the sending device, or the group.
    let from: JID
    /// The sending device.
    let sender: JID
    /// The chat, when the sender is our own account.
    let recipient: JID?
    let date: Date?
    let body: Body

    var isPeer: Bool { self.node.string("category") == "peer" }
    var isBacklog: Bool { self.node.attributes["offline"] != nil }
    var pushName: String? { self.node.string("notify").map { String($0.prefix(128)) } }
    /// The group it was sent to, if it was.
    var group: JID? { self.from.isGroup ? self.from.withoutDevice : nil }
    /// Whether somebody's pairwise ciphertext comes with it, in which a sender key may be.
    var isPairwise: Bool {
        guard case .ciphertexts(let ciphertexts) = self.body else { return false }
        return ciphertexts.contains { $0.kind != .senderKeyMessage }
    }

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
        if from.isGroup, let participant = node.jid("participant")?.normalized, participant.isPerson {
            self.sender = participant
            self.body = Self.body(of: node, [.message, .sessionStart, .senderKeyMessage])
        } else {
            self.sender = from
            self.body = from.isPerson ? Self.body(of: node, [.message, .sessionStart]) : .none
        }
    }

    private static func body(of node: Node, _ kinds: Set<Ciphertext.Kind>) -> Body {
        let encs = node.children("enc")
        let ciphertexts = encs.prefix(2).compactMap { enc -> Ciphertext? in
            guard let kind = enc.string("type").flatMap(Ciphertext.Kind.init(rawValue:)), kinds.contains(kind),
                let bytes = enc.bytes
            else { return nil }
            return Ciphertext(bytes: bytes, kind: kind, count: enc.integer("count"))
        }
        guard ciphertexts.isEmpty else {
            return .ciphertexts(
                ciphertexts.filter { $0.kind != .senderKeyMessage }
                    + ciphertexts.filter { $0.kind == .senderKeyMessage })
        }
        if encs.contains(where: { $0.string("type") == "msmsg" }) { return .botMessage }
        return node.child("unavailable") != nil ? .unavailable : .none
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
        /// - Parameters:
        ///   - text: `nil` when what was sent is none, such as a picture without a caption.
        ///   - editedID: the message whose text this replaces.
        case text(String?, editedID: String?)
        case historySync
        case mappings([LIDMapping])
        /// Anything else; it is received, and that is all.
        case other
    }

    let kind: Kind
    /// A sender's key of a group.
    var senderKey: SenderKey?
    /// The chat it was sent to, when it is a copy of what another device of ours has sent.
    let destination: JID?

    struct SenderKey: Sendable, Equatable {
        let groupID: String
        let bytes: [UInt8]
    }

    /// The most mappings that are taken of one message.
    private static let mappingLimit = 20_000

    /// Reads a plaintext. What is not readable, or claims what its sender may not, is of no interest.
    init(plaintext: [UInt8], isFromMe: Bool) {
        guard let bytes = try? MessagePadding.unpad(plaintext), let outer = try? WAMessage(serializedBytes: bytes)
        else {
            (self.kind, self.destination) = (.other, nil)
            return
        }
        self.senderKey = SenderKey(outer)
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
        let text = message.shownText
        return text != nil || message.isWritten ? .text(text, editedID: nil) : .other
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

extension InboundContent.SenderKey {
    fileprivate init?(_ message: WAMessage) {
        guard message.hasSenderKeyDistributionMessage else { return nil }
        self.groupID = message.senderKeyDistributionMessage.groupID
        self.bytes = Array(message.senderKeyDistributionMessage.axolotlSenderKeyDistributionMessage)
    }
}
