public import CryptoPrimitives
import Foundation

/// The companion's side of linking by code: both sides send each other a key under the code, and the companion proves
/// with what both agree on that it is the one whose code was typed. No step says whether it worked; only a pair-success
/// under the new secret does.
public struct CompanionCodePairing: Sendable {
    public let code: PairingCode
    /// What the companion hello carries, 80 bytes.
    public let wrappedEphemeral: [UInt8]
    private let ephemeral: KeyPair

    /// Takes some 50 ms, on purpose.
    public init(code: PairingCode, using generator: inout some RandomNumberGenerator) throws(WhatsAppCryptoError) {
        do {
            self.ephemeral = try KeyPair(using: &generator)
        } catch {
            throw .primitiveFailed(error)
        }
        self.code = code
        self.wrappedEphemeral = try WrappedKey.wrap(self.ephemeral.publicKey, code, using: &generator)
    }

    /// Answers the phone. Takes some 50 ms, on purpose.
    ///
    /// A second answer to the same code has another secret: only the last one sent counts.
    /// - Parameters:
    ///   - reference: what the server gave for the companion hello, compared byte by byte.
    ///   - identity: the companion's identity key.
    /// - Throws: `wrongPairingReference`, `wrongSize`, `weakPairingKey`.
    public func finish(
        answering hello: PrimaryHello, reference: [UInt8], identity: KeyPair,
        using generator: inout some RandomNumberGenerator
    ) throws(WhatsAppCryptoError) -> CompanionEnd {
        guard hello.reference == reference else { throw .wrongPairingReference }
        let primaryEphemeral = try WrappedKey.unwrap(hello.wrappedEphemeral, self.code, "wrapped primary key")
        let ephemeralSecret = try self.ephemeral.privateKey.agreePairing(with: primaryEphemeral)
        let identitySecret = try identity.privateKey.agreePairing(with: hello.identityKey)
        let bundle = KeyBundle(
            companion: identity.publicKey, primary: hello.identityKey,
            random: SecretBytes.random(count: 32, using: &generator))
        return CompanionEnd(
            keyBundle: try bundle.seal(sharedSecret: ephemeralSecret, using: &generator),
            advSecret: try bundle.advSecret(ephemeral: ephemeralSecret, identity: identitySecret))
    }
}

/// What the companion has when its part of linking by code is done.
public struct CompanionEnd: Sendable {
    /// What the companion finish carries, 156 bytes.
    public let keyBundle: [UInt8]
    /// Replaces the device's secret, on disk before the companion finish leaves.
    public let advSecret: SecretBytes
}

/// The phone's side of linking by code.
public struct PrimaryCodePairing: Sendable {
    /// What the primary hello carries, 80 bytes.
    public let wrappedEphemeral: [UInt8]
    private let ephemeral: KeyPair
    private let companionEphemeral: PublicKey

    /// Takes some 100 ms, on purpose.
    /// - Parameters:
    ///   - code: as it was typed; a wrong one shows only in `open`.
    ///   - wrapped: from the companion hello.
    public init(
        code: PairingCode, companion wrapped: [UInt8], using generator: inout some RandomNumberGenerator
    ) throws(WhatsAppCryptoError) {
        do {
            self.ephemeral = try KeyPair(using: &generator)
        } catch {
            throw .primitiveFailed(error)
        }
        self.companionEphemeral = try WrappedKey.unwrap(wrapped, code, "wrapped companion key")
        self.wrappedEphemeral = try WrappedKey.wrap(self.ephemeral.publicKey, code, using: &generator)
    }

    /// Opens the companion's key bundle and gives the secret for the pair-success.
    /// - Parameters:
    ///   - companion: the identity key that stands beside the bundle.
    ///   - identity: the account's identity key.
    /// - Throws: `wrongSize`, `keyBundleNotAuthentic`, `keyBundleForOtherIdentity`, `weakPairingKey`.
    public func open(
        _ keyBundle: [UInt8], companion: PublicKey, identity: KeyPair
    ) throws(WhatsAppCryptoError) -> SecretBytes {
        let ephemeralSecret = try self.ephemeral.privateKey.agreePairing(with: self.companionEphemeral)
        let bundle = try KeyBundle(sealed: keyBundle, sharedSecret: ephemeralSecret)
        guard bundle.companion == companion, bundle.primary == identity.publicKey else {
            throw .keyBundleForOtherIdentity
        }
        let identitySecret = try identity.privateKey.agreePairing(with: companion)
        return try bundle.advSecret(ephemeral: ephemeralSecret, identity: identitySecret)
    }
}
