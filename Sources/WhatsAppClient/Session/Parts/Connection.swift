import NoiseProtocol
import WhatsAppBinary

/// One pipe, what the handshake has come to on it, and what waits to be written.
struct Connection: Sendable {
    let number: Int
    let mode: ConnectionStateMachine.Mode
    /// Gone when the server has answered it.
    var handshake: HandshakeXX.Initiator?
    /// There from then on.
    var ciphers: TransportCiphers?
    var codec = FrameCodec(maximumFrameLength: HandshakeXX.maximumMessageSize)
    var outbox = Outbox()
    /// Nothing more is read or written.
    var isOver = false
    var writer: CheckedContinuation<Void, Never>?
    var reader: CheckedContinuation<Void, Never>?

    init(number: Int, mode: ConnectionStateMachine.Mode, handshake: HandshakeXX.Initiator) {
        self.number = number
        self.mode = mode
        self.handshake = handshake
    }
}
