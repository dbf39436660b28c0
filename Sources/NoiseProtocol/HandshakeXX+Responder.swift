public import CryptoPrimitives

extension HandshakeXX {
    /// The server's side: waits for a hello.
    public struct Responder: Sendable {
        private let state: SymmetricState
        private let staticKey: KeyPair
        private let ephemeralKey: KeyPair
        private let certificates: [UInt8]

        /// - Parameters:
        ///   - prologue: what both sides know before the first message, byte for byte the same.
        ///   - certificates: a serialized `CertificateChain` for `staticKey`; sent as it is.
        ///   - generator: has to be one for secrets, such as the system's.
        public init(
            prologue: [UInt8], staticKey: KeyPair, certificates: [UInt8],
            using generator: inout some RandomNumberGenerator
        ) throws(NoiseError) {
            try self.init(
                prologue: prologue, staticKey: staticKey, ephemeralKey: .ephemeral(using: &generator),
                certificates: certificates)
        }

        /// The same with a given ephemeral key, which must serve for this one handshake only.
        init(
            prologue: [UInt8], staticKey: KeyPair, ephemeralKey: KeyPair, certificates: [UInt8]
        ) throws(NoiseError) {
            self.state = try SymmetricState(prologue: prologue)
            self.staticKey = staticKey
            self.ephemeralKey = ephemeralKey
            self.certificates = certificates
        }

        /// Answers the hello.
        public func receive(clientHello bytes: [UInt8]) throws(NoiseError) -> AnsweringResponder {
            let message = try ClientHello(serialized: bytes)
            let ephemeral = try PublicKey(message.ephemeral, of: .clientEphemeral)
            var state = self.state
            try state.mixHash(message.ephemeral)
            try state.mixHash(self.ephemeralKey.publicKey.bytes)
            try state.mixAgreement(self.ephemeralKey.privateKey, ephemeral, of: .clientEphemeral)
            let sealedKey = try state.encrypt(self.staticKey.publicKey.bytes)
            try state.mixAgreement(self.staticKey.privateKey, ephemeral, of: .clientEphemeral)
            let sealedCertificates = try state.encrypt(self.certificates)
            let answer = ServerHello(
                ephemeral: self.ephemeralKey.publicKey.bytes, static: sealedKey, payload: sealedCertificates)
            return AnsweringResponder(
                serverHello: try answer.serialized(), state: state, ephemeralKey: self.ephemeralKey)
        }
    }

    /// The server's side: has answered and waits for the last message.
    public struct AnsweringResponder: Sendable {
        /// The second message.
        public let serverHello: [UInt8]
        fileprivate let state: SymmetricState
        fileprivate let ephemeralKey: KeyPair

        /// Learns who the client is, and ends the handshake on this side.
        ///
        /// The client has proven that it holds `clientKey`; whether that key is welcome is for the caller to say.
        public func receive(clientFinish bytes: [UInt8]) throws(NoiseError) -> ResponderEnd {
            let message = try ClientFinish(serialized: bytes)
            var state = self.state
            let clientKey = try PublicKey(state.decrypt(message.static, of: .clientStatic), of: .clientStatic)
            try state.mixAgreement(self.ephemeralKey.privateKey, clientKey, of: .clientStatic)
            let payload = try state.decrypt(message.payload, of: .clientPayload)
            let ciphers = try state.split()
            return ResponderEnd(
                clientKey: clientKey, payload: payload, transcriptHash: state.hash,
                ciphers: TransportCiphers(send: ciphers.responder, receive: ciphers.initiator))
        }
    }

    /// What the server's side has when the handshake is done.
    public struct ResponderEnd: Sendable {
        /// The client's static key.
        public let clientKey: PublicKey
        /// The client's payload: whatever bytes it chose.
        public let payload: [UInt8]
        /// The hash over the whole handshake: the same at both ends, and another for every connection.
        public let transcriptHash: [UInt8]
        public let ciphers: TransportCiphers
    }
}

extension HandshakeXX.ResponderEnd: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    // A payload names the account, so it stays out of logs.
    public var description: String { "ResponderEnd(payload of \(self.payload.count) bytes)" }
    public var debugDescription: String { self.description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
