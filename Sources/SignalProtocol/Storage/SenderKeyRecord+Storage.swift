import CryptoPrimitives
import Foundation

extension SenderKeyRecord {
    /// The record as bytes, with its keys in the open: they belong in a file nobody else can read.
    public func serialized() throws(SignalError) -> [UInt8] {
        var stored = StoredSenderKeyRecord()
        stored.format = storageFormat
        stored.states = self.states.map { StoredSenderKeyState($0) }
        return try stored.recordBytes()
    }

    /// - Throws: `invalidRecord` for anything that `serialized` does not make.
    public init(serialized bytes: [UInt8]) throws(SignalError) {
        let stored = try StoredSenderKeyRecord(recordBytes: bytes)
        guard stored.format == storageFormat else { throw .invalidRecord(part: "format") }
        guard 1...Self.stateLimit ~= stored.states.count else { throw .invalidRecord(part: "sender keys") }
        var states: [SenderKeyState] = []
        for state in stored.states { states.append(try SenderKeyState(state)) }
        self.init(states: states)
    }
}

extension StoredSenderKeyState {
    fileprivate init(_ state: SenderKeyState) {
        self.init()
        self.keyID = state.keyID
        self.chainKey = Data(state.chainKey.key)
        self.iteration = state.chainKey.index
        self.signingPublic = Data(state.signingKey.bytes)
        if let signingPrivateKey = state.signingPrivateKey { self.signingPrivate = Data(signingPrivateKey.scalar) }
        self.skipped = state.skippedKeys.stored
    }
}

extension SenderKeyState {
    fileprivate init(_ stored: StoredSenderKeyState) throws(SignalError) {
        self.init(
            keyID: stored.keyID, chainKey: try stored.chainKey.chainKey(index: stored.iteration),
            signingKey: try stored.signingPublic.publicKey("signing key"),
            signingPrivateKey: stored.signingPrivate.isEmpty
                ? nil : try stored.signingPrivate.privateKey("signing key"),
            skippedKeys: try SkippedKeys(stored: stored.skipped, chainIndex: stored.iteration))
    }
}
