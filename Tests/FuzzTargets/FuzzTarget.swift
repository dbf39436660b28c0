/// The parsers that meet bytes from outside, each with what has to hold for any bytes. A violated rule traps, which is
/// what the fuzzer looks for; the regression tests run the same code over the corpora.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// A decrypted frame payload: flag byte and node, compressed or not.
    case node
    /// The byte stream of a connection, in pieces.
    case frame
    /// The three handshake messages and the certificate chain.
    case handshake
    /// A message of an established session.
    case signalMessage = "signal-message"
    /// A message that opens a session.
    case preKeySignalMessage = "pre-key-message"

    /// Takes any bytes; returns when every rule held.
    public func run(_ bytes: [UInt8]) {
        switch self {
        case .node: NodeTarget.run(bytes)
        case .frame: FrameTarget.run(bytes)
        case .handshake: HandshakeTarget.shared.run(bytes)
        case .signalMessage: SignalTarget.shared.runMessage(bytes)
        case .preKeySignalMessage: SignalTarget.shared.runPreKeyMessage(bytes)
        }
    }

    /// Inputs that get through all checks, where the target makes them itself.
    public var accepted: [[UInt8]] {
        switch self {
        case .node, .frame: []
        case .handshake: HandshakeTarget.shared.accepted
        case .signalMessage: [SignalTarget.shared.accepted.message]
        case .preKeySignalMessage: [SignalTarget.shared.accepted.preKeyMessage]
        }
    }
}
