import SwiftProtobuf
import CryptoPrimitives
import Foundation
import SignalProtocol
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

/// What a group message brings to whom.
struct GroupDelivery: Sendable {
    let plan: GroupPlan
    let keyID: UInt32
    /// The devices that get the key with it.
    let receivers: [ProtocolAddress]
}

extension DeviceState {
    /// Encrypts contents for a group, and keeps them for those who will ask for them again.
    ///
    /// Who is to get our sender key, and whether it has to be another one, follows from who was given it: a holder that
    /// is no device of the group any more, or not the installation it was, locks the key.
    mutating func encrypt(
        _ drafts: [Draft], for plan: GroupPlan, _ cipher: SessionCipher, now: Date,
        using generator: inout some RandomNumberGenerator
    ) throws -> [(stanza: GroupStanza, delivery: GroupDelivery)] {
        let addresses = try plan.targets.map { try self.signalAddress(of: $0) }
        let members = Set(addresses)
        let holders = try self.senderKeyHolders(
            of: plan.senderKeyName, using: &generator, isEntitled: { members.contains($0) })
        let distribution = try SenderKeyCipher().distributionMessage(
            for: plan.senderKeyName, in: &self, using: &generator)
        let confirmed = Set(holders.filter(\.isConfirmed).map(\.device))
        let receivers = zip(plan.targets, addresses).filter { !confirmed.contains($0.1) }
        let key = try MessageContent.senderKey(distribution, of: plan.group)
        let hash = try ParticipantHash.hash(of: plan.devices)
        let identity = try plan.account.identity.serialized()

        var offered: Set<ProtocolAddress> = []
        var results: [(stanza: GroupStanza, delivery: GroupDelivery)] = []
        for draft in drafts {
            let plaintext = MessagePadding.pad(key, using: &generator)
            let ciphertexts = try cipher.encrypt(receivers.map { ($0.1, plaintext) }, in: &self)
            let reached = zip(receivers, ciphertexts).compactMap { receiver, result in
                (try? result.get()).map { (jid: receiver.0, address: receiver.1, ciphertext: $0) }
            }
            let message = try SenderKeyCipher().encrypt(
                MessagePadding.pad(draft.content, using: &generator), as: plan.senderKeyName, in: &self,
                using: &generator)
            offered.formUnion(reached.map(\.address))
            results.append(
                (
                    GroupStanza(
                        id: draft.id, form: draft.form, group: plan.group, addressing: plan.addressing,
                        participantHash: hash, distribution: reached.map { ($0.jid, $0.ciphertext) },
                        message: message, identity: identity),
                    GroupDelivery(plan: plan, keyID: distribution.keyID, receivers: reached.map(\.address))
                ))
        }
        try self.offerSenderKey(distribution.keyID, of: plan.senderKeyName, to: Array(offered))
        try self.saveSentMessages(
            drafts.map { draft in
                SentMessage(id: draft.id, chat: plan.group, content: SecretBytes(draft.content), sentAt: now)
            })
        return results
    }

    /// Who was given our present sender key of a group. When one of them must not have it any more, there is a new key,
    /// which nobody has yet.
    /// - Parameter isEntitled: whether a device belongs to the group.
    mutating func senderKeyHolders(
        of name: SenderKeyName, using generator: inout some RandomNumberGenerator,
        isEntitled: (ProtocolAddress) -> Bool
    ) throws -> [SenderKeyHolder] {
        let holders = try self.loadSenderKeyHolders(of: name.groupID)
        let record = try self.loadSenderKey(for: name)
        let identities = try self.loadIdentities(for: holders.map(\.device))
        let isCurrent = record?.isOwn == true && holders.allSatisfy { $0.keyID == record?.keyID }
        let isSafe = holders.allSatisfy { isEntitled($0.device) && identities[$0.device] == $0.identity }
        guard !isCurrent || !isSafe else { return holders }
        try self.deleteSenderKeyHolders(of: name.groupID)
        _ = try SenderKeyCipher().rotate(name, in: &self, using: &generator)
        return []
    }

    /// Notes, before they get it, that devices may have our sender key from now on. They get it again with every message
    /// until the server has taken one.
    mutating func offerSenderKey(_ keyID: UInt32, of name: SenderKeyName, to devices: [ProtocolAddress]) throws {
        guard !devices.isEmpty else { return }
        let identities = try self.loadIdentities(for: devices)
        let holders = devices.compactMap { device in
            identities[device].map {
                SenderKeyHolder(device: device, identity: $0, keyID: keyID, isConfirmed: false)
            }
        }
        try self.saveSenderKeyHolders(holders, of: name.groupID)
    }

    /// The server has taken the message that brings the key.
    mutating func confirm(_ delivery: GroupDelivery) throws {
        let receivers = Set(delivery.receivers)
        let groupID = delivery.plan.senderKeyName.groupID
        let holders = try self.loadSenderKeyHolders(of: groupID).filter { holder in
            receivers.contains(holder.device) && holder.keyID == delivery.keyID && !holder.isConfirmed
        }
        guard !holders.isEmpty else { return }
        try self.saveSenderKeyHolders(
            holders.map { holder in
                var holder = holder
                holder.isConfirmed = true
                return holder
            }, of: groupID)
    }
}

extension MessageContent {
    /// What brings our sender key of a group to one device.
    static func senderKey(
        _ distribution: SenderKeyDistributionMessage, of group: JID
    ) throws(ClientError) -> [UInt8] {
        var message = WAMessage()
        try message.setSenderKey(distribution, of: group)
        return try self.encode(message)
    }

    /// A message to a group for one device alone, with the sender key that it lacks.
    static func withSenderKey(
        _ content: [UInt8], _ distribution: SenderKeyDistributionMessage, of group: JID
    ) throws(ClientError) -> [UInt8] {
        guard var message = try? WAMessage(serializedBytes: content) else { throw .encodingFailed }
        try message.setSenderKey(distribution, of: group)
        return try self.encode(message)
    }
}

extension WAMessage {
    fileprivate mutating func setSenderKey(
        _ distribution: SenderKeyDistributionMessage, of group: JID
    ) throws(ClientError) {
        guard let bytes = try? distribution.serialized() else { throw .encodingFailed }
        self.senderKeyDistributionMessage.groupID = group.description
        self.senderKeyDistributionMessage.axolotlSenderKeyDistributionMessage = Data(bytes)
    }
}
