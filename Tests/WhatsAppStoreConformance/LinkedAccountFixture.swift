import CryptoPrimitives
import Foundation
import SignalProtocol
import WhatsAppBinary
public import WhatsAppClient
public import WhatsAppCrypto

/// A device as linking leaves it: number 15550001111, hidden id 100000000000001.
public struct LinkedAccountFixture {
    public let phone: PrimaryIdentity
    public let keys: DeviceKeys
    public let account: LinkedAccount

    public init(
        pn: String = "15550001111", lid: String = "100000000000001", device: UInt16 = 12,
        using generator: inout some RandomNumberGenerator
    ) throws {
        let keys = try DeviceKeys(using: &generator)
        let phone = PrimaryIdentity(key: try KeyPair(using: &generator), rawID: 5)
        let offer = try phone.link(
            keys.identity.identityKey.publicKey, keyIndex: 1, now: Date(timeIntervalSince1970: 1_700_000_000),
            using: &generator)
        let identity = try DeviceIdentity(
            pairSuccess: try offer.container(advSecret: keys.advSecret), advSecret: keys.advSecret,
            identity: keys.identity.identityKeyPair.keyPair, using: &generator)
        self.phone = phone
        self.keys = keys
        self.account = LinkedAccount(
            jid: try JID(user: pn, server: .user, device: device),
            lid: try JID(user: lid, server: .lid, device: device),
            platform: "android", businessName: "Spool", identity: identity)
    }

    public var device: LinkedDevice { LinkedDevice(keys: self.keys, account: self.account) }
}
