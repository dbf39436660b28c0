import CryptoPrimitives
import Foundation
import SignalProtocol
import WhatsAppBinary

/// A person's phone, or another device of theirs that is run here: it decrypts what it gets, shows it, and says so.
///
/// It stands on the other side of the service: what it wants to send it gives back. Topics: `+Receiving`, `+Sending`.
struct SimulatedPhone: Sendable {
    let id: SimulatedDeviceID
    var script: AccountScript?
    var store: InMemorySignalStore
    var nextPreKeyID: UInt32 = 1
    let rawID: UInt32
    var isOnline = true
    /// What came while the phone was off.
    var waiting: [Delivery] = []

    var inbox = Inbox()
    /// By id.
    var sent: [String: SentMessage] = [:]
    /// How often a message was asked for again, by its id and sender.
    var retries: [String: Int] = [:]
    /// How often it has sent a message again, by its id and the device.
    var repetitions: [String: Int] = [:]
    /// Whether it has lost something, so that messages it cannot read are nobody's fault.
    var hasLostKeys = false
    var undecryptable = 0
    /// The files it waits for.
    var downloads: [MessageKey: PendingDownload] = [:]
    /// By group: the devices that have its present sender key.
    var keyHolders: [String: Set<SimulatedDeviceID>] = [:]
    /// What it does about the next messages, one each.
    var nextReplies: [PhoneReply] = []
    var nextReads: [Double] = []
    /// Whom it has given its standing answer.
    var answered: Set<String> = []
    /// Who types to it.
    var typing: [String: Bool] = [:]
    var typingCount = 0

    init(
        _ id: SimulatedDeviceID, script: AccountScript?, using random: inout SimulationRandom
    ) throws(SignalError) {
        self.id = id
        self.script = script
        self.rawID = UInt32.random(in: 1...UInt32.max, using: &random)
        self.store = try Self.freshStore(using: &random)
    }

    private static func freshStore(
        using random: inout SimulationRandom
    ) throws(SignalError) -> InMemorySignalStore {
        let identity = try LocalIdentity(using: &random)
        var store = InMemorySignalStore(localIdentity: identity)
        store.signedPreKeys[1] = try SignedPreKey(id: 1, signedBy: identity.identityKeyPair, using: &random)
        return store
    }

    var identityKeyPair: KeyPair { self.store.localIdentity.identityKeyPair.keyPair }

    /// What a session with this device is started with. The one-time key is made only now.
    mutating func bundle(
        withOneTimeKey: Bool = true, using random: inout SimulationRandom
    ) throws(SignalError) -> PreKeyBundle? {
        guard let signed = self.store.signedPreKeys.values.first else { return nil }
        guard withOneTimeKey else {
            return PreKeyBundle(of: self.store.localIdentity, signedPreKey: signed, preKey: nil)
        }
        let preKey = try PreKey(id: self.nextPreKeyID, using: &random)
        self.nextPreKeyID = PreKey.id(after: self.nextPreKeyID)
        self.store.preKeys[preKey.id] = preKey
        return PreKeyBundle(of: self.store.localIdentity, signedPreKey: signed, preKey: preKey)
    }

    /// Forgets all sessions, and with them what it could have read.
    mutating func loseSessions() {
        self.store.sessions = [:]
        self.store.preKeys = [:]
        self.store.senderKeys = [:]
        self.keyHolders = [:]
        self.hasLostKeys = true
    }

    /// The person installs the app anew.
    mutating func reinstall(using random: inout SimulationRandom) throws(SignalError) {
        let store = try Self.freshStore(using: &random)
        self.loseSessions()
        self.store = store
    }

    /// Where the sessions with a device are kept. Both its names lead to the same.
    static func address(of device: SimulatedDeviceID) -> ProtocolAddress {
        ProtocolAddress(name: device.number, deviceID: UInt32(device.device))
    }
}

/// A text that a phone sends in answer to a message.
struct PhoneReply: Sendable, Hashable {
    let text: String
    /// Seconds.
    let after: Double
}

/// A file a phone waits for.
struct PendingDownload: Sendable {
    let sender: SimulatedDeviceID
    var attempts: Int
}

/// What a phone does about what it got.
enum PhoneOutput: Sendable {
    case receipt(Node, to: SimulatedDeviceID)
    /// It shows a message for the first time.
    case shown(InboxMessage, sender: SimulatedDeviceID, repliesWith: PhoneReply?, readsAfter: Double?)
    case repeated(sender: SimulatedDeviceID)
    /// It wants a file.
    case download(MediaOrder)
    /// A file is gone, and its sender should upload it again.
    case mediaLost(Node, MessageKey, to: SimulatedDeviceID)
    /// It could not read a message; complained about when there is a reason, unless the phone has lost its keys.
    case undecryptable(String?, sender: SimulatedDeviceID)
    /// A companion has sent something wrong that only the recipient can see.
    case complaint(String, sender: SimulatedDeviceID)
    /// A companion could not read a message of the phone and wants it again.
    case sendAgain(SentMessage, to: SimulatedDeviceID, PhoneRetry)
}

/// What a retry receipt asks for.
struct PhoneRetry: Sendable {
    let count: Int
    /// The keys it brought.
    let bundle: PreKeyBundle?
}
