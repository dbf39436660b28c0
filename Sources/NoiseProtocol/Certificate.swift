public import CryptoPrimitives
import Foundation
import SwiftProtobuf
import WhatsAppProto

/// One certificate: details, and their issuer's signature over exactly these bytes.
public struct Certificate: Hashable, Sendable {
    /// What the issuer vouches for.
    public struct Details: Hashable, Sendable {
        public var serial: UInt32
        /// The serial of the issuer; the root has one too, though no certificate.
        public var issuerSerial: UInt32
        /// The subject's key.
        public var key: PublicKey
        /// Valid from and until, Unix seconds; both ends belong to it.
        public var notBefore: UInt64, notAfter: UInt64

        public init(serial: UInt32, issuerSerial: UInt32, key: PublicKey, notBefore: UInt64, notAfter: UInt64) {
            self.serial = serial
            self.issuerSerial = issuerSerial
            self.key = key
            self.notBefore = notBefore
            self.notAfter = notAfter
        }
    }

    /// The signed bytes. They are kept as they came, for another encoding of the same details has another signature.
    let details: [UInt8]
    let signature: [UInt8]

    init(details: [UInt8], signature: [UInt8]) {
        self.details = details
        self.signature = signature
    }

    /// Makes a certificate. Nothing is checked, so that a test server can also make those that must be refused.
    public init(
        _ details: Details, signedBy issuer: PrivateKey, using generator: inout some RandomNumberGenerator
    ) throws(NoiseError) {
        self.details = try details.serialized()
        do {
            self.signature = try XEdDSA.sign(self.details, with: issuer, using: &generator)
        } catch {
            throw .primitiveFailed(error)
        }
    }
}

extension Certificate.Details {
    /// Every field is written, zeros too.
    func serialized() throws(NoiseError) -> [UInt8] {
        var message = WACertChain.NoiseCertificate.Details()
        message.serial = self.serial
        message.issuerSerial = self.issuerSerial
        message.key = Data(self.key.bytes)
        message.notBefore = self.notBefore
        message.notAfter = self.notAfter
        do {
            return try message.serializedBytes()
        } catch {
            throw .encodingFailed
        }
    }

    /// Numbers that are absent count as zero.
    init(serialized bytes: [UInt8], of link: CertificateRefusal.Link) throws(NoiseError) {
        let message: WACertChain.NoiseCertificate.Details
        do {
            message = try WACertChain.NoiseCertificate.Details(serializedBytes: bytes)
        } catch {
            throw .certificateRefused(.malformedDetails(link))
        }
        let key: PublicKey
        do {
            key = try PublicKey(message.key)
        } catch {
            throw .certificateRefused(.wrongKeySize(link, actual: message.key.count))
        }
        self.init(
            serial: message.serial, issuerSerial: message.issuerSerial, key: key, notBefore: message.notBefore,
            notAfter: message.notAfter)
    }
}
