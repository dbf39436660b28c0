import CryptoPrimitives
public import Foundation
public import WhatsAppBinary

/// The ids of messages. They are random; being stored before the first attempt and used again for every repetition is
/// what keeps a message from arriving twice.
public enum MessageID {
    /// By this beginning others know a message of a web client.
    public static let prefix = "3EB0"
    private static let randomSize = 16
    private static let hashSize = 9

    /// A fresh id: the prefix and 18 upper-case hexadecimal digits, the beginning of SHA-256 over the Unix seconds
    /// (64 bits, big endian), the account's number with `@c.us`, and 16 fresh bytes.
    /// - Parameter account: whose phone number goes in; without one there is nothing in its place.
    public static func make(
        for account: JID?, now: Date, using generator: inout some RandomNumberGenerator
    ) throws(WhatsAppCryptoError) -> String {
        let seconds = unixSeconds(now)
        var input = withUnsafeBytes(of: seconds.bigEndian) { Array($0) }
        if let account { input += Array("\(account.user)@\(JID.Server.legacyUser.rawValue)".utf8) }
        input += generator.bytes(count: Self.randomSize)
        let hash = try primitive { () throws(CryptoError) in try Digest.sha256.hash(input) }
        return Self.prefix + hash[..<Self.hashSize].map { String(format: "%02X", $0) }.joined()
    }
}
