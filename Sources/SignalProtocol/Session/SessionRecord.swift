public import CryptoPrimitives

/// All there is to know about the sessions with one address: the one in use, and older ones that late messages may
/// still need. The session that decrypted last is the one in use, so two sides that both started agree on one.
///
/// A value: methods that throw leave it as it was, and nothing has happened until the new one is stored.
public struct SessionRecord: Sendable, Equatable {
    /// Older sessions kept; the oldest go.
    public static let archiveLimit = 40

    private(set) var current: SessionState
    /// Newest first.
    private(set) var archived: [SessionState]

    init(current: SessionState, archived: [SessionState] = []) {
        self.current = current
        self.archived = archived
    }

    /// The other side's identity in the session in use.
    public var remoteIdentity: IdentityKey { self.current.remoteIdentity }
    /// The other side's registration id in the session in use; another one means another installation.
    public var remoteRegistrationID: UInt32 { self.current.remoteRegistrationID }
    /// The key the session in use was started with; a session that was set up anew has another.
    public var baseKey: PublicKey { self.current.baseKey }
    /// How many older sessions there are.
    public var archivedCount: Int { self.archived.count }
}

extension SessionRecord {
    /// Starts a session from a bundle; the one in `record` goes to its archive.
    ///
    /// Draws the base key, then the ratchet key: 32 bytes each.
    /// - Throws: `badSignature` before anything else when the bundle is not signed by its identity, `invalidPreKeyID`.
    public init(
        startingWith bundle: PreKeyBundle, as local: LocalIdentity, after record: SessionRecord?,
        using generator: inout some RandomNumberGenerator
    ) throws(SignalError) {
        try bundle.check()
        let state = try SessionState(startingWith: bundle, as: local, using: &generator)
        self.init(current: state)
        self.archive(record)
    }

    /// Starts the session that a message names, and decrypts the message with it; the one in `record` goes to the
    /// archive. Draws a ratchet key, 32 bytes, when the message is authentic.
    static func responding(
        to message: PreKeySignalMessage, as local: LocalIdentity, with preKeys: ResponderPreKeys,
        after record: SessionRecord?, using generator: inout some RandomNumberGenerator
    ) throws(SignalError) -> (record: SessionRecord, plaintext: [UInt8]) {
        var state = try SessionState(respondingTo: message, as: local, with: preKeys)
        let plaintext = try state.decrypt(message.message, using: &generator)
        var new = SessionRecord(current: state)
        new.archive(record)
        return (new, plaintext)
    }

    private mutating func archive(_ record: SessionRecord?) {
        guard let record else { return }
        self.archived = [record.current] + record.archived.prefix(Self.archiveLimit - 1)
        self.trimSkippedKeys()
    }

    /// Whether one of the sessions was started with this key. All of them are with the same identity.
    func containsSession(startedWith baseKey: PublicKey) -> Bool {
        self.current.baseKey == baseKey || self.archived.contains { $0.baseKey == baseKey }
    }

    /// The next message of the session in use. Store the record before the message leaves: after a crash in between a
    /// counter is skipped, which is harmless; the other way round a key would be used twice.
    public mutating func encrypt(_ plaintext: [UInt8]) throws(SignalError) -> CiphertextMessage {
        try self.current.encrypt(plaintext)
    }

    /// Decrypts with the session the message belongs to, which becomes the one in use.
    ///
    /// Draws a ratchet key, 32 bytes, when the message is the first on a new one of the other side.
    /// - Throws: `duplicateMessage` when any session says so, else what the session in use says.
    public mutating func decrypt(
        _ message: SignalMessage, using generator: inout some RandomNumberGenerator
    ) throws(SignalError) -> [UInt8] {
        if self.current.hasReceiverChain(of: message) {
            let plaintext = try self.current.decrypt(message, using: &generator)
            self.trimSkippedKeys()
            return plaintext
        }
        if let index = self.archived.firstIndex(where: { $0.hasReceiverChain(of: message) }) {
            return try self.decrypt(message, withArchived: index, using: &generator)
        }
        return try self.decryptOnNewChain(message, using: &generator)
    }

    /// On a ratchet key nobody has seen yet each session has to step to the message before it can tell that the message
    /// is not its own. What a stranger can make us do that way is limited; real messages are few steps away.
    private mutating func decryptOnNewChain(
        _ message: SignalMessage, using generator: inout some RandomNumberGenerator
    ) throws(SignalError) -> [UInt8] {
        let failure: SignalError
        do {
            let plaintext = try self.current.decrypt(message, using: &generator)
            self.trimSkippedKeys()
            return plaintext
        } catch {
            failure = error
        }
        let steps = Int(message.counter) + 1
        for index in self.archived.indices.prefix(Self.stepLimit / steps) {
            if let plaintext = try? self.decrypt(message, withArchived: index, using: &generator) { return plaintext }
        }
        throw failure
    }

    private mutating func decrypt(
        _ message: SignalMessage, withArchived index: Int, using generator: inout some RandomNumberGenerator
    ) throws(SignalError) -> [UInt8] {
        let plaintext = try self.archived[index].decrypt(message, using: &generator)
        self.promote(index)
        self.trimSkippedKeys()
        return plaintext
    }

    /// Chain steps that archived sessions may make for a message which may belong to none of them.
    static let stepLimit = 4000
    /// Keys kept for messages passed over, all sessions together: they are read and written with every message.
    static let skippedKeyLimit = 4000

    /// Forgets keys of the oldest sessions first, then of the oldest chains.
    private mutating func trimSkippedKeys() {
        var surplus =
            self.archived.reduce(self.current.skippedKeyCount) { $0 + $1.skippedKeyCount } - Self.skippedKeyLimit
        for index in self.archived.indices.reversed() where surplus > 0 {
            surplus -= self.archived[index].removeSkippedKeys(atMost: surplus)
        }
        if surplus > 0 { self.current.removeSkippedKeys(atMost: surplus) }
    }

    private mutating func promote(_ index: Int) {
        let state = self.archived.remove(at: index)
        self.archived.insert(self.current, at: 0)
        self.current = state
    }
}
