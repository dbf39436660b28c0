import CryptoPrimitives
import NoiseProtocol
import WhatsAppBinary

// A client's byte stream: a header, two handshake messages, then encrypted frames with one stanza each. After the first
// error the stream cannot be followed any more.
struct StreamReader: Sendable {
    /// The longest frame of a client that has not proved who it is.
    private static let handshakeFrameLimit = 1 << 16

    /// What a piece of the stream has brought.
    enum Event: Sendable {
        /// The answer to the first handshake message.
        case hello([UInt8])
        /// The handshake is done.
        case established(noiseKey: PublicKey, payload: [UInt8], send: CipherState)
        case stanza(Node, isCompressed: Bool)
        /// A frame that decrypts, but is no stanza.
        case malformedStanza(BinaryError)
    }

    private enum State: Sendable {
        case header(HandshakeXX.Responder)
        case hello(HandshakeXX.Responder)
        case finish(HandshakeXX.AnsweringResponder)
        case open(CipherState)
    }

    private var codec = FrameCodec(maximumFrameLength: StreamReader.handshakeFrameLimit)
    private var state: State

    init(_ responder: HandshakeXX.Responder) {
        self.state = .header(responder)
    }

    mutating func push(_ bytes: some Collection<UInt8>) throws {
        try self.codec.push(bytes)
    }

    /// What comes next; `nil` until more bytes are there.
    mutating func next() throws -> Event? {
        if case .header(let responder) = self.state {
            guard try self.codec.nextHeader() != nil else { return nil }
            self.state = .hello(responder)
        }
        guard let frame = try self.codec.nextFrame() else { return nil }
        switch self.state {
        case .header: return nil
        case .hello(let responder):
            let answering = try responder.receive(clientHello: frame)
            self.state = .finish(answering)
            return .hello(answering.serverHello)
        case .finish(let answering):
            let end = try answering.receive(clientFinish: frame)
            self.state = .open(end.ciphers.receive)
            self.codec.maximumFrameLength = FrameCodec.maximumLength
            return .established(noiseKey: end.clientKey, payload: end.payload, send: end.ciphers.send)
        case .open(var cipher):
            let payload = try cipher.decrypt(frame)
            self.state = .open(cipher)
            do throws(BinaryError) {
                return .stanza(try NodeDecoder.decode(payload), isCompressed: (payload.first ?? 0) & 2 != 0)
            } catch {
                return .malformedStanza(error)
            }
        }
    }
}
