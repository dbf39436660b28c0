/// What an encryption gives: the bytes to send and which of the two messages they are.
public struct CiphertextMessage: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// A `SignalMessage` (on the wire: `msg`).
        case signalMessage
        /// A `PreKeySignalMessage` (on the wire: `pkmsg`), until the other side has answered.
        case preKeySignalMessage
    }

    public let kind: Kind
    public let serialized: [UInt8]
}
