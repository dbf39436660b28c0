import Foundation
import SignalProtocol
import SwiftProtobuf
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

extension SimulatedPhone {
    private func ownName(in group: String) -> SenderKeyName {
        SenderKeyName(groupID: group, sender: Self.address(of: self.id))
    }

    /// Somebody has left: the next message is encrypted with a new key.
    mutating func forgetSenderKey(of group: String) {
        self.store.senderKeys[self.ownName(in: group)] = nil
        self.keyHolders[group] = nil
    }

    /// What a device needs to read this phone's next messages to a group.
    mutating func senderKey(for group: String, using random: inout SimulationRandom) throws -> WAMessage {
        let key = try SenderKeyCipher().distributionMessage(
            for: self.ownName(in: group), in: &self.store, using: &random)
        var message = WAMessage()
        message.senderKeyDistributionMessage.groupID = group
        message.senderKeyDistributionMessage.axolotlSenderKeyDistributionMessage = Data(try key.serialized())
        return message
    }

    /// The ciphertext for all devices that have the key.
    mutating func encrypt(
        _ message: WAMessage, forGroup group: String, using random: inout SimulationRandom
    ) throws -> Node {
        let padded = MessagePadding.pad(try message.serializedBytes(), using: &random)
        let bytes = try SenderKeyCipher().encrypt(
            padded, as: self.ownName(in: group), in: &self.store, using: &random)
        return Node("enc", ["v": "2", "type": "skmsg"], bytes: bytes)
    }

    /// Whether this phone has what it takes to read a message; nothing is changed by the attempt.
    func canRead(_ message: SenderKeyMessage, from sender: SimulatedDeviceID, in group: String) -> Bool {
        var copy = self.store
        let name = SenderKeyName(groupID: group, sender: Self.address(of: sender))
        return (try? SenderKeyCipher().decrypt(message, from: name, in: &copy)) != nil
    }
}
