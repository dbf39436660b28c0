import CryptoPrimitives

/// The handshake that opens every connection: Noise_XX_25519_AESGCM_SHA256 as WhatsApp has it.
///
///     initiator                                                responder
///     clientHello   ephemeral key                            →
///                   ephemeral key, static key, certificates  ←  serverHello
///     clientFinish  static key, client payload               →
///
/// Each step is a function from the state before it and the bytes that came to the state after it and the bytes to
/// send, so a step that fails changes nothing, and a step out of turn cannot be written. The bytes are serialized
/// handshake messages, without the length in front.
public enum HandshakeXX {
    /// What a Noise message may have at most (Noise protocol framework, 3), in bytes.
    public static let maximumMessageSize = 65_535
}

/// The ciphers that a handshake leaves each side with, one for each direction.
public struct TransportCiphers: Sendable {
    public var send: CipherState
    public var receive: CipherState
}

/// The bytes an X25519 key has.
let keySize = 32

extension PublicKey {
    /// The key in a field of a handshake message.
    init(_ bytes: [UInt8], of field: HandshakeField) throws(NoiseError) {
        do {
            try self.init(bytes)
        } catch {
            throw .wrongFieldSize(field, expected: keySize, actual: bytes.count)
        }
    }
}
