import CryptoPrimitives
import WhatsAppBinary
import WhatsAppCrypto

/// A linked device that connects over the network: what the service keeps of it.
struct CompanionDevice: Sendable {
    let id: SimulatedDeviceID
    let noiseKey: PublicKey
    let identity: DeviceIdentity
    let keyIndex: UInt32
    var preKeys: PreKeyPool
    var queue = StanzaQueue()
    var connection: ConnectionID?
    /// Whether it has left passive mode on the present connection, so that it may be sent stanzas.
    var isActive = false
    /// Whether it has said that it is available, on the present connection.
    var isAvailable = false
    /// The `device-identity` that was found right last; the same bytes need no second check.
    var verifiedIdentity: [UInt8]?
    /// The messages it was sent, `chat user|id`: what it may send receipts for.
    var received = RecentSet<String>(capacity: 1 << 14)
    /// The messages of others' devices that asked it to repeat a message, `id|device`.
    var askedToRepeat: Set<String> = []
    /// Whom it wants to hear of.
    var subscriptions: Set<String> = []

    var identityKey: PublicKey { self.preKeys.identityKey }
}
