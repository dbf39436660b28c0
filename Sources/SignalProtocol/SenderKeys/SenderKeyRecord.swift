import CryptoPrimitives

/// The sender keys of one sender in one group: the newest, and older ones that late messages may still need.
///
/// A value: methods that throw leave it as it was, and nothing has happened until the new one is stored.
public struct SenderKeyRecord: Sendable, Equatable {
    /// Sender keys kept; the oldest go.
    public static let stateLimit = 5

    /// Newest first, never empty.
    private(set) var states: [SenderKeyState]

    init(states: [SenderKeyState]) {
        self.states = states
    }

    /// A record of our own with a fresh key. In place of the present one it locks out those who only have that.
    public init(using generator: inout some RandomNumberGenerator) throws(SignalError) {
        self.states = [try SenderKeyState(using: &generator)]
    }

    /// The record of another sender that begins with this key.
    public init(_ distribution: SenderKeyDistributionMessage) {
        self.states = [SenderKeyState(distribution)]
    }

    /// The id of the newest key.
    public var keyID: UInt32? { self.states.first?.keyID }

    /// What others need to read the messages from the next one on. Make it before the message it is to open.
    /// - Throws: `noSenderKey` when the record is another sender's.
    public func distributionMessage() throws(SignalError) -> SenderKeyDistributionMessage {
        guard let state = self.states.first, state.signingPrivateKey != nil else { throw .noSenderKey(id: nil) }
        return SenderKeyDistributionMessage(
            keyID: state.keyID, iteration: state.chainKey.index, chainKey: state.chainKey.key,
            signingKey: state.signingKey)
    }

    /// Whether the record is ours: it has a key we sign with.
    public var isOwn: Bool { self.states.contains { $0.signingPrivateKey != nil } }

    /// Takes in a key from its sender, unless the record is ours: nobody tells us our own keys. One that is known stays as it is, for it still opens late messages, unless it
    /// is more than 2000 messages behind.
    public mutating func process(_ distribution: SenderKeyDistributionMessage) {
        if self.isOwn { return }
        let known = self.states.first { $0.keyID == distribution.keyID }
        if let known, known.signingKey == distribution.signingKey, known.canReach(distribution.iteration) { return }
        self.states.removeAll { $0.keyID == distribution.keyID }
        self.states.insert(SenderKeyState(distribution), at: 0)
        self.states.removeLast(max(0, self.states.count - Self.stateLimit))
    }

    /// The bytes of the next `SenderKeyMessage`. Store the record before the message leaves. Draws 64 bytes for the
    /// signature.
    /// - Throws: `noSenderKey` when the record is another sender's.
    public mutating func encrypt(
        _ plaintext: [UInt8], using generator: inout some RandomNumberGenerator
    ) throws(SignalError) -> [UInt8] {
        guard !self.states.isEmpty else { throw .noSenderKey(id: nil) }
        return try self.states[0].encrypt(plaintext, using: &generator)
    }

    public mutating func decrypt(_ message: SenderKeyMessage) throws(SignalError) -> [UInt8] {
        guard let index = self.states.firstIndex(where: { $0.keyID == message.keyID }) else {
            throw .noSenderKey(id: message.keyID)
        }
        return try self.states[index].decrypt(message)
    }
}

extension SenderKeyState {
    fileprivate init(_ distribution: SenderKeyDistributionMessage) {
        self.init(
            keyID: distribution.keyID,
            chainKey: ChainKey(key: distribution.chainKey, index: distribution.iteration),
            signingKey: distribution.signingKey, signingPrivateKey: nil)
    }

    /// Whether the chain goes on, or went, past this iteration.
    fileprivate func canReach(_ iteration: UInt32) -> Bool {
        iteration <= self.chainKey.index || iteration - self.chainKey.index <= ChainKey.largestGap
    }
}
