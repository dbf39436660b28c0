import CryptoPrimitives
import Foundation
import SignalProtocol
import SwiftProtobuf
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

extension SimulatedPhone {
    /// The devices among these that the phone has no session with.
    func withoutSession(_ devices: [SimulatedDeviceID]) -> [SimulatedDeviceID] {
        devices.filter { self.store.sessions[Self.address(of: $0)] == nil }
    }

    mutating func startSession(
        with device: SimulatedDeviceID, _ bundle: PreKeyBundle, using random: inout SimulationRandom
    ) throws {
        try SessionCipher().startSession(
            with: bundle, for: Self.address(of: device), in: &self.store, using: &random)
    }

    /// The ciphertext of a text for one device: wrapped when it is one of the person's own.
    mutating func encrypt(
        _ text: String, chat: JID, for device: SimulatedDeviceID, using random: inout SimulationRandom
    ) throws -> Node {
        var message = WAMessage()
        message.conversation = text
        if device.number == self.id.number {
            var wrapper = WAMessage()
            wrapper.deviceSentMessage.destinationJid = chat.description
            wrapper.deviceSentMessage.message = message
            message = wrapper
        }
        let padded = MessagePadding.pad(try message.serializedBytes(), using: &random)
        let ciphertext = try SessionCipher().encrypt(padded, for: Self.address(of: device), in: &self.store)
        let type: AttributeValue =
            switch ciphertext.kind {
            case .signalMessage: "msg"
            case .preKeySignalMessage: "pkmsg"
            }
        return Node("enc", ["v": "2", "type": type], bytes: ciphertext.serialized)
    }
}
