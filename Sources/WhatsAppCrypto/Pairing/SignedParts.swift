import CryptoPrimitives
import Foundation
import SwiftProtobuf

/// Two bytes in front of what is signed or authenticated, so that nothing signed for one purpose serves for another.
enum ADVPrefix {
    static let account: [UInt8] = [6, 0]
    static let device: [UInt8] = [6, 1]
    static let hostedAccount: [UInt8] = [6, 5]
    static let hostedDevice: [UInt8] = [6, 6]

    /// In front of what the account signs about a device.
    static func account(hosted: Bool) -> [UInt8] { hosted ? self.hostedAccount : self.account }

    /// In front of the signed identity in a pair-success.
    static func container(hosted: Bool) -> [UInt8] { hosted ? self.hostedAccount : [] }
}

extension SwiftProtobuf.Message {
    func encoded() throws(WhatsAppCryptoError) -> [UInt8] {
        do {
            return try self.serializedBytes()
        } catch {
            throw .encodingFailed
        }
    }

    static func decoded(_ bytes: some SwiftProtobufContiguousBytes) throws(WhatsAppCryptoError) -> Self {
        do {
            return try Self(serializedBytes: bytes)
        } catch {
            throw .malformedDeviceIdentity
        }
    }
}

func sign(
    _ message: [UInt8], with key: PrivateKey, using generator: inout some RandomNumberGenerator
) throws(WhatsAppCryptoError) -> [UInt8] {
    do {
        return try XEdDSA.sign(message, with: key, using: &generator)
    } catch {
        throw .primitiveFailed(error)
    }
}

/// The whole seconds since 1970; 0 for a clock that was never set.
func unixSeconds(_ date: Date) -> UInt64 {
    UInt64(exactly: max(0, date.timeIntervalSince1970).rounded(.down)) ?? 0
}
