/// Encrypts for and decrypts from other devices, over a store.
///
/// Each act loads what it needs, works on values, and commits all it changed at once, as its last step: one that throws
/// has changed nothing. Besides `SignalError` an act throws what the store throws.
public struct SessionCipher: Sendable {
    /// What to do when an address shows another identity key than before.
    public enum IdentityTrust: Sendable {
        /// Forget the sessions with the old one and carry on: people install anew.
        case acceptingChanges
        /// Refuse with `untrustedIdentity`.
        case refusingChanges
    }

    public let trust: IdentityTrust

    public init(trust: IdentityTrust = .acceptingChanges) {
        self.trust = trust
    }

    /// The next message to one address.
    public func encrypt(
        _ plaintext: [UInt8], for address: ProtocolAddress, in store: inout some SignalStore
    ) throws -> CiphertextMessage {
        guard var record = try store.loadSessions(for: [address])[address] else { throw SignalError.noSession }
        let message = try record.encrypt(plaintext)
        var changes = SignalChanges()
        changes.sessions[address] = record
        try store.commit(changes)
        return message
    }

    /// The next messages to many addresses, with one load and one commit. An address that fails does not stop the
    /// others.
    /// - Returns: One result for each plaintext, in their order.
    public func encrypt(
        _ plaintexts: [(address: ProtocolAddress, plaintext: [UInt8])], in store: inout some SignalStore
    ) throws -> [Result<CiphertextMessage, SignalError>] {
        var changes = SignalChanges()
        changes.sessions = try store.loadSessions(for: plaintexts.map(\.address))
        let results = plaintexts.map { address, plaintext in
            Result { () throws(SignalError) in try changes.encrypt(plaintext, for: address) }
        }
        try store.commit(changes)
        return results
    }

    /// Decrypts a message of a running session.
    public func decrypt(
        _ message: SignalMessage, from address: ProtocolAddress, in store: inout some SignalStore,
        using generator: inout some RandomNumberGenerator
    ) throws -> Decryption {
        guard var record = try store.loadSessions(for: [address])[address] else { throw SignalError.noSession }
        let plaintext = try record.decrypt(message, using: &generator)
        var changes = SignalChanges()
        changes.sessions[address] = record
        try store.commit(changes)
        return Decryption(plaintext: plaintext, identityChange: .none, changes: changes)
    }

    /// Decrypts a message that starts a session, or belongs to one that such a message has started.
    ///
    /// The one-time pre-key it names is gone with the commit, so it cannot start the session again. One without such a
    /// key can, once the record was dropped: what was read must be remembered elsewhere, by the hash of the message
    /// inside (`message.serialized`), for the parts around it can be altered without notice.
    public func decrypt(
        _ message: PreKeySignalMessage, from address: ProtocolAddress, in store: inout some SignalStore,
        using generator: inout some RandomNumberGenerator
    ) throws -> Decryption {
        let identityChange = try self.identityChange(
            to: message.identityKey, knownAs: try store.loadIdentities(for: [address])[address])
        let stored = try store.loadSessions(for: [address])[address]
        let opened = try Self.open(
            message, after: stored?.ifBelonging(to: message.identityKey), in: store, using: &generator)
        var changes = SignalChanges()
        changes.sessions[address] = opened.record
        changes.consumedPreKeyID = opened.consumedPreKeyID
        if identityChange != .none { changes.identities[address] = message.identityKey }
        try store.commit(changes)
        return Decryption(plaintext: opened.plaintext, identityChange: identityChange, changes: changes)
    }

    private static func open(
        _ message: PreKeySignalMessage, after record: SessionRecord?, in store: some SignalStore,
        using generator: inout some RandomNumberGenerator
    ) throws -> (record: SessionRecord, plaintext: [UInt8], consumedPreKeyID: UInt32?) {
        if var record, record.containsSession(startedWith: message.baseKey) {
            let plaintext = try record.decrypt(message.message, using: &generator)
            return (record, plaintext, nil)
        }
        guard let signedPreKey = try store.loadSignedPreKey(message.signedPreKeyID) else {
            throw SignalError.invalidSignedPreKeyID(message.signedPreKeyID)
        }
        let preKey = try message.preKeyID.map { id in
            guard let preKey = try store.loadPreKey(id) else { throw SignalError.invalidPreKeyID(id) }
            return preKey
        }
        let responding = try SessionRecord.responding(
            to: message, as: try store.loadLocalIdentity(),
            with: ResponderPreKeys(signed: signedPreKey, oneTime: preKey), after: record, using: &generator)
        return (responding.record, responding.plaintext, message.preKeyID)
    }

    func identityChange(
        to identity: IdentityKey, knownAs known: IdentityKey?
    ) throws(SignalError) -> IdentityChange {
        guard let known else { return .new }
        guard known != identity else { return .none }
        switch self.trust {
        case .acceptingChanges: return .replaced(known)
        case .refusingChanges: throw .untrustedIdentity
        }
    }
}

/// What a session start or a message said about the identity behind an address.
public enum IdentityChange: Sendable, Hashable {
    /// The one known.
    case none
    /// The first one seen.
    case new
    /// Another than before; the sessions with the old one are gone.
    case replaced(IdentityKey)
}

/// A message that was decrypted.
public struct Decryption: Sendable {
    public let plaintext: [UInt8]
    public let identityChange: IdentityChange
    /// What was committed: the new record, the new identity, the one-time pre-key that is used up.
    public let changes: SignalChanges
}

extension Decryption: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Without what was said.
    public var description: String { "Decryption(\(self.plaintext.count) bytes, identity \(self.identityChange))" }
    public var debugDescription: String { self.description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension SessionRecord {
    /// The record, unless it is of an older installation.
    func ifBelonging(to identity: IdentityKey) -> SessionRecord? {
        self.remoteIdentity == identity ? self : nil
    }
}

extension SignalChanges {
    fileprivate mutating func encrypt(
        _ plaintext: [UInt8], for address: ProtocolAddress
    ) throws(SignalError) -> CiphertextMessage {
        guard let message = try self.sessions[address]?.encrypt(plaintext) else { throw .noSession }
        return message
    }
}
