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

    /// The ciphertext of a message for one device.
    mutating func encrypt(
        _ message: WAMessage, for device: SimulatedDeviceID, using random: inout SimulationRandom
    ) throws -> Node {
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
