public import CryptoPrimitives
public import Foundation

extension HandshakeXX {
    /// The connecting side: has said hello and waits for the server's answer.
    public struct Initiator: Sendable {
        /// The first message.
        public let clientHello: [UInt8]
        private let state: SymmetricState
        private let staticKey: KeyPair
        private let ephemeralKey: KeyPair
        private let payload: SecretBytes

        /// - Parameters:
        ///   - prologue: what both sides know before the first message, byte for byte the same.
        ///   - staticKey: the device's lasting key for connections.
        ///   - payload: what the responder learns together with the static key, and nobody else.
        ///   - generator: has to be one for secrets, such as the system's.
        public init(
            prologue: [UInt8], staticKey: KeyPair, payload: [UInt8], using generator: inout some RandomNumberGenerator
        ) throws(NoiseError) {
            try self.init(
                prologue: prologue, staticKey: staticKey, ephemeralKey: .ephemeral(using: &generator), payload: payload)
        }

        /// The same with a given ephemeral key, which must serve for this one handshake only.
        init(
            prologue: [UInt8], staticKey: KeyPair, ephemeralKey: KeyPair, payload: [UInt8]
        ) throws(NoiseError) {
            var state = try SymmetricState(prologue: prologue)
            try state.mixHash(ephemeralKey.publicKey.bytes)
            self.state = state
            self.staticKey = staticKey
            self.ephemeralKey = ephemeralKey
            self.payload = SecretBytes(payload)
            self.clientHello = try ClientHello(ephemeral: ephemeralKey.publicKey.bytes).serialized()
        }

        /// Checks the server's answer and the certificates in it, and ends the handshake on this side.
        ///
        /// The same answer gives the same end, so an answer that is refused costs nothing but its connection.
        public func receive(
            serverHello bytes: [UInt8], trusting root: CertificateRoot = .production, now: Date
        ) throws(NoiseError) -> InitiatorEnd {
            let message = try ServerHello(serialized: bytes)
            let ephemeral = try PublicKey(message.ephemeral, of: .serverEphemeral)
            var state = self.state
            try state.mixHash(message.ephemeral)
            try state.mixAgreement(self.ephemeralKey.privateKey, ephemeral, of: .serverEphemeral)
            let serverKey = try PublicKey(state.decrypt(message.static, of: .serverStatic), of: .serverStatic)
            try state.mixAgreement(self.ephemeralKey.privateKey, serverKey, of: .serverStatic)
            let chain = try state.decrypt(message.payload, of: .serverPayload)
            try CertificateChain.verify(chain, for: serverKey, trusting: root, now: now)
            return try self.finish(state, answering: ephemeral, serverKey)
        }

        private func finish(
            _ state: SymmetricState, answering ephemeral: PublicKey, _ serverKey: PublicKey
        ) throws(NoiseError) -> InitiatorEnd {
            var state = state
            let sealedKey = try state.encrypt(self.staticKey.publicKey.bytes)
            try state.mixAgreement(self.staticKey.privateKey, ephemeral, of: .serverEphemeral)
            let sealedPayload = try state.encrypt(self.payload)
            let ciphers = try state.split()
            return InitiatorEnd(
                clientFinish: try ClientFinish(static: sealedKey, payload: sealedPayload).serialized(),
                serverKey: serverKey, transcriptHash: state.hash,
                ciphers: TransportCiphers(send: ciphers.initiator, receive: ciphers.responder))
        }
    }

    /// What the connecting side has when the handshake is done. Whether the server accepts it shows in the stream.
    public struct InitiatorEnd: Sendable {
        /// The last message.
        public let clientFinish: [UInt8]
        /// The server's static key, for which its certificate vouches.
        public let serverKey: PublicKey
        /// The hash over the whole handshake: the same at both ends, and another for every connection.
        public let transcriptHash: [UInt8]
        public let ciphers: TransportCiphers
    }
}

extension KeyPair {
    static func ephemeral(using generator: inout some RandomNumberGenerator) throws(NoiseError) -> KeyPair {
        do {
            return try KeyPair(using: &generator)
        } catch {
            throw .primitiveFailed(error)
        }
    }
}
