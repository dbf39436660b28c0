import CryptoPrimitives
import Foundation
import NoiseProtocol

/// What the server proves itself with: its static key and a chain of certificates under a root of its own.
struct ServerIdentity: Sendable {
    let root: KeyPair
    let staticKey: KeyPair
    private let intermediate: KeyPair
    private let validity: ClosedRange<UInt64>

    private static let rootSerial: UInt32 = 0
    private static let intermediateSerial: UInt32 = 3
    private static let leafSerial: UInt32 = 329
    /// Seconds of a year.
    private static let year: UInt64 = 31_536_000

    /// Valid from a year before `now` for eleven years.
    init(now: Date, using random: inout SimulationRandom) throws(CryptoError) {
        self.root = try KeyPair(using: &random)
        self.intermediate = try KeyPair(using: &random)
        self.staticKey = try KeyPair(using: &random)
        let now = UInt64(max(0, now.timeIntervalSince1970))
        self.validity = (now - min(now, Self.year))...(now + 10 * Self.year)
    }

    /// The serialized chain, in one of the wrong ways if a fault asks for it.
    func certificates(_ faults: [FaultAction], using random: inout SimulationRandom) throws -> [UInt8] {
        let isExpired = faults.contains(.expiredCertificate)
        let dates = isExpired ? self.validity.lowerBound...(self.validity.lowerBound + 1) : self.validity
        let leafKey = faults.contains(.wrongLeaf) ? self.root.publicKey : self.staticKey.publicKey
        let root = faults.contains(.wrongRoot) ? self.staticKey : self.root
        let intermediate = try Certificate(
            .init(
                serial: Self.intermediateSerial, issuerSerial: Self.rootSerial, key: self.intermediate.publicKey,
                notBefore: dates.lowerBound, notAfter: dates.upperBound),
            signedBy: root.privateKey, using: &random)
        let leaf = try Certificate(
            .init(
                serial: Self.leafSerial, issuerSerial: Self.intermediateSerial, key: leafKey,
                notBefore: dates.lowerBound, notAfter: dates.upperBound),
            signedBy: self.intermediate.privateKey, using: &random)
        return try CertificateChain(leaf: leaf, intermediate: intermediate).serialized()
    }
}
