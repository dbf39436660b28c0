import Foundation
import SwiftProtobuf
import WhatsAppProto

/// The first message, as it travels: nothing of it is secret or checked yet.
struct ClientHello {
    let ephemeral: [UInt8]

    init(ephemeral: [UInt8]) {
        self.ephemeral = ephemeral
    }

    init(serialized bytes: [UInt8]) throws(NoiseError) {
        let message = try WAHandshakeMessage(serialized: bytes, expected: .clientHello).clientHello
        guard !message.hasStatic, !message.hasPayload else { throw .resumptionUnsupported }
        guard message.hasEphemeral else { throw .missingField(.clientEphemeral) }
        self.ephemeral = try message.ephemeral.bytes(of: .clientEphemeral, count: keySize)
    }

    func serialized() throws(NoiseError) -> [UInt8] {
        var message = WAHandshakeMessage()
        message.clientHello.ephemeral = Data(self.ephemeral)
        return try message.serialized()
    }
}

/// The second message, as it travels.
struct ServerHello {
    let ephemeral: [UInt8]
    let `static`: [UInt8]
    let payload: [UInt8]

    init(ephemeral: [UInt8], static: [UInt8], payload: [UInt8]) {
        self.ephemeral = ephemeral
        self.static = `static`
        self.payload = payload
    }

    init(serialized bytes: [UInt8]) throws(NoiseError) {
        let message = try WAHandshakeMessage(serialized: bytes, expected: .serverHello).serverHello
        guard message.hasEphemeral else { throw .missingField(.serverEphemeral) }
        guard message.hasStatic else { throw .missingField(.serverStatic) }
        guard message.hasPayload else { throw .missingField(.serverPayload) }
        self.ephemeral = try message.ephemeral.bytes(of: .serverEphemeral, count: keySize)
        self.static = try message.static.bytes(of: .serverStatic, count: keySize + CipherState.tagSize)
        self.payload = try message.payload.bytes(of: .serverPayload, atLeast: CipherState.tagSize)
    }

    func serialized() throws(NoiseError) -> [UInt8] {
        var message = WAHandshakeMessage()
        message.serverHello.ephemeral = Data(self.ephemeral)
        message.serverHello.static = Data(self.static)
        message.serverHello.payload = Data(self.payload)
        return try message.serialized()
    }
}

/// The third message, as it travels.
struct ClientFinish {
    let `static`: [UInt8]
    let payload: [UInt8]

    init(static: [UInt8], payload: [UInt8]) {
        self.static = `static`
        self.payload = payload
    }

    init(serialized bytes: [UInt8]) throws(NoiseError) {
        let message = try WAHandshakeMessage(serialized: bytes, expected: .clientFinish).clientFinish
        guard message.hasStatic else { throw .missingField(.clientStatic) }
        guard message.hasPayload else { throw .missingField(.clientPayload) }
        self.static = try message.static.bytes(of: .clientStatic, count: keySize + CipherState.tagSize)
        self.payload = try message.payload.bytes(of: .clientPayload, atLeast: CipherState.tagSize)
    }

    func serialized() throws(NoiseError) -> [UInt8] {
        var message = WAHandshakeMessage()
        message.clientFinish.static = Data(self.static)
        message.clientFinish.payload = Data(self.payload)
        return try message.serialized()
    }
}

extension WAHandshakeMessage {
    /// Reads a message that holds `expected` and nothing else we know. Fields we do not know are passed over.
    fileprivate init(serialized bytes: [UInt8], expected: HandshakeMember) throws(NoiseError) {
        guard bytes.count <= HandshakeXX.maximumMessageSize else { throw .messageTooLarge(bytes: bytes.count) }
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        do {
            try self.init(serializedBytes: bytes, options: options)
        } catch {
            throw .malformedMessage
        }
        guard self.members == [expected] else { throw .unexpectedMessage(expected: expected) }
    }

    private var members: [HandshakeMember] {
        var members: [HandshakeMember] = []
        if self.hasClientHello { members.append(.clientHello) }
        if self.hasServerHello { members.append(.serverHello) }
        if self.hasClientFinish { members.append(.clientFinish) }
        return members
    }

    fileprivate func serialized() throws(NoiseError) -> [UInt8] {
        let bytes: [UInt8]
        do {
            bytes = try self.serializedBytes()
        } catch {
            throw .encodingFailed
        }
        guard bytes.count <= HandshakeXX.maximumMessageSize else { throw .messageTooLarge(bytes: bytes.count) }
        return bytes
    }
}

extension Data {
    fileprivate func bytes(of field: HandshakeField, count: Int) throws(NoiseError) -> [UInt8] {
        guard self.count == count else { throw .wrongFieldSize(field, expected: count, actual: self.count) }
        return [UInt8](self)
    }

    fileprivate func bytes(of field: HandshakeField, atLeast count: Int) throws(NoiseError) -> [UInt8] {
        guard self.count >= count else { throw .wrongFieldSize(field, expected: count, actual: self.count) }
        return [UInt8](self)
    }
}
