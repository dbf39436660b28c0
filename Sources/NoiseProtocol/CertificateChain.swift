public import CryptoPrimitives
public import Foundation
import SwiftProtobuf
import WhatsAppProto

/// What a server proves itself with: its own certificate, and that of the key which signed it.
public struct CertificateChain: Hashable, Sendable {
    /// For the server's static key.
    public let leaf: Certificate
    /// For the key that signed the leaf; signed by the root.
    public let intermediate: Certificate

    public init(leaf: Certificate, intermediate: Certificate) {
        self.leaf = leaf
        self.intermediate = intermediate
    }

    /// The bytes that travel in the handshake.
    public func serialized() throws(NoiseError) -> [UInt8] {
        var message = WACertChain()
        message.leaf = self.leaf.message
        message.intermediate = self.intermediate.message
        do {
            return try message.serializedBytes()
        } catch {
            throw .encodingFailed
        }
    }

    /// Whether a chain vouches for `serverKey` at the time `now`: signatures, issuers, key and dates.
    /// - Parameter bytes: a chain from outside, as in the handshake.
    /// - Throws: `certificateRefused` with the reason.
    public static func verify(
        _ bytes: [UInt8], for serverKey: PublicKey, trusting root: CertificateRoot, now: Date
    ) throws(NoiseError) {
        let chain = try CertificateChain(serialized: bytes)
        try chain.intermediate.verifySignature(of: .intermediate, by: root.key)
        let intermediate = try Certificate.Details(serialized: chain.intermediate.details, of: .intermediate)
        try intermediate.verifyIssuer(root.serial, of: .intermediate)
        try chain.leaf.verifySignature(of: .leaf, by: intermediate.key)
        try intermediate.verifyDates(of: .intermediate, now: now)
        let leaf = try Certificate.Details(serialized: chain.leaf.details, of: .leaf)
        try leaf.verifyIssuer(intermediate.serial, of: .leaf)
        guard isEqualInConstantTime(leaf.key.bytes, serverKey.bytes) else {
            throw .certificateRefused(.otherServerKey)
        }
        try leaf.verifyDates(of: .leaf, now: now)
    }

    /// A chain with all its parts; nobody vouches for it yet.
    init(serialized bytes: [UInt8]) throws(NoiseError) {
        guard bytes.count <= HandshakeXX.maximumMessageSize else { throw .messageTooLarge(bytes: bytes.count) }
        let message: WACertChain
        do {
            message = try WACertChain(serializedBytes: bytes)
        } catch {
            throw .certificateRefused(.malformedChain)
        }
        guard message.hasLeaf else { throw .certificateRefused(.incomplete(.leaf)) }
        guard message.hasIntermediate else { throw .certificateRefused(.incomplete(.intermediate)) }
        self.leaf = try Certificate(message.leaf, as: .leaf)
        self.intermediate = try Certificate(message.intermediate, as: .intermediate)
    }
}

extension Certificate {
    fileprivate init(
        _ message: WACertChain.NoiseCertificate, as link: CertificateRefusal.Link
    ) throws(NoiseError) {
        guard message.hasDetails, message.hasSignature else { throw .certificateRefused(.incomplete(link)) }
        guard message.signature.count == XEdDSA.signatureSize else {
            throw .certificateRefused(.wrongSignatureSize(link, actual: message.signature.count))
        }
        self.init(details: [UInt8](message.details), signature: [UInt8](message.signature))
    }

    fileprivate var message: WACertChain.NoiseCertificate {
        var message = WACertChain.NoiseCertificate()
        message.details = Data(self.details)
        message.signature = Data(self.signature)
        return message
    }

    fileprivate func verifySignature(
        of link: CertificateRefusal.Link, by issuer: PublicKey
    ) throws(NoiseError) {
        let isValid: Bool
        do {
            isValid = try XEdDSA.isValid(self.signature, of: self.details, by: issuer)
        } catch {
            throw .primitiveFailed(error)
        }
        guard isValid else { throw .certificateRefused(.wrongSignature(link)) }
    }
}

extension Certificate.Details {
    fileprivate func verifyIssuer(_ serial: UInt32, of link: CertificateRefusal.Link) throws(NoiseError) {
        guard self.issuerSerial == serial else {
            throw .certificateRefused(.wrongIssuer(link, expected: serial, actual: self.issuerSerial))
        }
    }

    /// Both ends of the time belong to it. A `now` that is no number is refused as too late.
    fileprivate func verifyDates(of link: CertificateRefusal.Link, now: Date) throws(NoiseError) {
        let now = now.timeIntervalSince1970
        if now < Double(self.notBefore) {
            throw .certificateRefused(.notYetValid(link, notBefore: self.notBefore))
        }
        guard now <= Double(self.notAfter) else {
            throw .certificateRefused(.expired(link, notAfter: self.notAfter))
        }
    }
}
