/// Encrypts for and decrypts from groups, over a store.
///
/// As with `SessionCipher`, an act commits what it changed as its last step, and one that throws has changed nothing.
public struct SenderKeyCipher: Sendable {
    public init() {}

    /// What members need to read our messages from the next one on; makes our sender key when there is none.
    public func distributionMessage(
        for name: SenderKeyName, in store: inout some SignalStore, using generator: inout some RandomNumberGenerator
    ) throws -> SenderKeyDistributionMessage {
        if let record = try store.loadSenderKey(for: name), record.isOwn { return try record.distributionMessage() }
        return try self.rotate(name, in: &store, using: &generator)
    }

    /// Replaces our sender key, so that who has left the group reads no further.
    /// - Returns: What all members need now.
    public func rotate(
        _ name: SenderKeyName, in store: inout some SignalStore, using generator: inout some RandomNumberGenerator
    ) throws -> SenderKeyDistributionMessage {
        let record = try SenderKeyRecord(using: &generator)
        try Self.commit(record, for: name, in: &store)
        return try record.distributionMessage()
    }

    /// Takes in another sender's key, which came under the session with that sender.
    public func process(
        _ distribution: SenderKeyDistributionMessage, from name: SenderKeyName, in store: inout some SignalStore
    ) throws {
        guard var record = try store.loadSenderKey(for: name) else {
            return try Self.commit(SenderKeyRecord(distribution), for: name, in: &store)
        }
        record.process(distribution)
        try Self.commit(record, for: name, in: &store)
    }

    /// The bytes of our next `SenderKeyMessage`.
    public func encrypt(
        _ plaintext: [UInt8], as name: SenderKeyName, in store: inout some SignalStore,
        using generator: inout some RandomNumberGenerator
    ) throws -> [UInt8] {
        guard var record = try store.loadSenderKey(for: name) else { throw SignalError.noSenderKey(id: nil) }
        let message = try record.encrypt(plaintext, using: &generator)
        try Self.commit(record, for: name, in: &store)
        return message
    }

    public func decrypt(
        _ message: SenderKeyMessage, from name: SenderKeyName, in store: inout some SignalStore
    ) throws -> [UInt8] {
        guard var record = try store.loadSenderKey(for: name) else { throw SignalError.noSenderKey(id: nil) }
        let plaintext = try record.decrypt(message)
        try Self.commit(record, for: name, in: &store)
        return plaintext
    }

    private static func commit(
        _ record: SenderKeyRecord, for name: SenderKeyName, in store: inout some SignalStore
    ) throws {
        var changes = SignalChanges()
        changes.senderKeys[name] = record
        try store.commit(changes)
    }
}
