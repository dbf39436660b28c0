import CryptoPrimitives
import Foundation
import NoiseProtocol
import SwiftProtobuf
import WhatsAppBinary
import WhatsAppProto

@testable import WhatsAppClient

/// The keys with which a server of a test proves itself.
struct ServerKeys: Sendable {
    let root: CertificateRoot
    let staticKey: KeyPair
    let certificates: [UInt8]

    init(using generator: inout some RandomNumberGenerator, notAfter: UInt64 = 4_000_000_000) throws {
        let root = try KeyPair(using: &generator)
        let intermediate = try KeyPair(using: &generator)
        self.staticKey = try KeyPair(using: &generator)
        self.root = CertificateRoot(key: root.publicKey)
        let chain = CertificateChain(
            leaf: try Certificate(
                Certificate.Details(
                    serial: 329, issuerSerial: 3, key: self.staticKey.publicKey, notBefore: 0, notAfter: notAfter),
                signedBy: intermediate.privateKey, using: &generator),
            intermediate: try Certificate(
                Certificate.Details(
                    serial: 3, issuerSerial: 0, key: intermediate.publicKey, notBefore: 0, notAfter: notAfter),
                signedBy: root.privateKey, using: &generator))
        self.certificates = try chain.serialized()
    }
}

/// The other end of a client's connection, after the handshake: a test says what it sends, and looks at what comes.
actor ServerConnection {
    let pipe: MemoryPipe
    /// What the client said of itself.
    let payload: WAClientPayload
    let clientKey: PublicKey
    let header: ConnectionHeader
    private var ciphers: TransportCiphers
    private var codec: FrameCodec

    /// Does the server's side of the handshake.
    init(_ pipe: MemoryPipe, keys: ServerKeys, using generator: some RandomNumberGenerator & Sendable) async throws {
        var generator = generator
        var codec = FrameCodec()
        let responder = try HandshakeXX.Responder(
            prologue: ConnectionHeader.prologue, staticKey: keys.staticKey, certificates: keys.certificates,
            using: &generator)
        try codec.push(try await Self.message(pipe))
        guard let header = try codec.nextHeader() else { throw Unexpected("no header") }
        let answering = try responder.receive(clientHello: try await Self.frame(pipe, &codec))
        try await pipe.send(FrameCodec.encode(answering.serverHello))
        let end = try answering.receive(clientFinish: try await Self.frame(pipe, &codec))
        self.pipe = pipe
        self.header = header
        self.payload = try WAClientPayload(serializedBytes: end.payload)
        self.clientKey = end.clientKey
        self.ciphers = end.ciphers
        self.codec = codec
    }

    func send(_ stanza: Node) async throws {
        try await self.pipe.send(try self.frame(stanza))
    }

    /// Several stanzas in one message, cut into pieces of this size.
    func send(_ stanzas: [Node], inPiecesOf size: Int) async throws {
        let bytes = try stanzas.flatMap { try self.frame($0) }
        for start in stride(from: 0, to: bytes.count, by: size) {
            try await self.pipe.send(Array(bytes[start..<min(start + size, bytes.count)]))
        }
    }

    /// Sends a payload that was not made from a stanza.
    func send(payload: [UInt8]) async throws {
        try await self.pipe.send(FrameCodec.encode(try self.ciphers.send.encrypt(payload)))
    }

    private func frame(_ stanza: Node) throws -> [UInt8] {
        try FrameCodec.encode(try self.ciphers.send.encrypt(try NodeEncoder.encode(stanza)))
    }

    /// The next stanza of the client.
    func receive() async throws -> Node {
        try NodeDecoder.decode(try self.ciphers.receive.decrypt(try await self.nextFrame()))
    }

    /// The next stanza with this tag; others on the way are dropped.
    func receive(_ tag: String, where matches: @Sendable (Node) -> Bool = { _ in true }) async throws -> Node {
        while true {
            let stanza = try await self.receive()
            if stanza.tag == tag, matches(stanza) { return stanza }
        }
    }

    /// Whether the client closed in good order, after whatever it still had to say.
    func isClosed() async throws -> Bool {
        while let message = try await self.pipe.receive() { _ = message }
        return true
    }

    private func nextFrame() async throws -> [UInt8] {
        while true {
            if let frame = try self.codec.nextFrame() { return frame }
            try self.codec.push(try await Self.message(self.pipe))
        }
    }

    private static func message(_ pipe: MemoryPipe) async throws -> [UInt8] {
        guard let message = try await pipe.receive() else { throw Unexpected("the client closed") }
        return message
    }

    private static func frame(_ pipe: MemoryPipe, _ codec: inout FrameCodec) async throws -> [UInt8] {
        while true {
            if let frame = try codec.nextFrame() { return frame }
            try codec.push(try await Self.message(pipe))
        }
    }

    // The usual steps.

    func answer(_ iq: Node, _ children: [Node] = []) async throws {
        var answer = Node("iq", ["from": .jid(.service), "type": "result"], children: children)
        answer.attributes["id"] = iq.attributes["id"]
        try await self.send(answer)
    }

    func refuse(_ iq: Node, code: Int, _ attributes: Attributes = [:]) async throws {
        var error = Node("error", attributes)
        error.attributes["code"] = .integer(code)
        var answer = Node("iq", ["from": .jid(.service), "type": "error"], children: [error])
        answer.attributes["id"] = iq.attributes["id"]
        try await self.send(answer)
    }

    /// Accepts the login and answers the activation.
    func acceptLogin() async throws {
        try await self.send(
            Node("success", ["t": "1700000000", "lid": .jid(jid("123456789012345:7@lid"))]))
        try await self.answer(try await self.receive("iq") { $0.string("xmlns") == "passive" })
    }
}

struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
