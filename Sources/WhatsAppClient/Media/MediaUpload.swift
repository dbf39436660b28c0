public import CryptoPrimitives
public import Foundation
public import WhatsAppCrypto

/// What makes two uploads the same: a media key opens a file under one kind only.
public struct MediaUploadKey: Hashable, Sendable {
    /// 32 bytes.
    public var fileSHA256: [UInt8]
    public var kind: MediaKind

    public init(fileSHA256: [UInt8], kind: MediaKind) {
        self.fileSHA256 = fileSHA256
        self.kind = kind
    }
}

/// An encrypted file at the media servers: what messages need to name it, whoever they are for.
public struct MediaUpload: Sendable, Equatable {
    /// Serves for this content only.
    public var mediaKey: SecretBytes
    /// SHA-256 of what was uploaded.
    public var fileEncSHA256: [UInt8]
    /// Bytes of the file, not of what was uploaded.
    public var fileLength: UInt64
    public var url: String
    /// The path and query at any of the hosts.
    public var directPath: String
    public var keyMadeAt: Date
    public var uploadedAt: Date

    public init(
        mediaKey: SecretBytes, fileEncSHA256: [UInt8], fileLength: UInt64, url: String, directPath: String,
        keyMadeAt: Date, uploadedAt: Date
    ) {
        self.mediaKey = mediaKey
        self.fileEncSHA256 = fileEncSHA256
        self.fileLength = fileLength
        self.url = url
        self.directPath = directPath
        self.keyMadeAt = keyMadeAt
        self.uploadedAt = uploadedAt
    }

    /// How long an upload is used. How long the service keeps one is not documented.
    public static let lifetime = Duration.seconds(7 * 86_400)

    /// Whether new messages may name it.
    func isFresh(_ now: Date) -> Bool {
        guard self.uploadedAt.addingTimeInterval(Self.lifetime.inSeconds) > now else { return false }
        let expiry = MediaAddress.expiry(of: self.directPath) ?? MediaAddress.expiry(of: self.url)
        return expiry.map { $0 > now } ?? true
    }
}

/// What addresses of media say.
enum MediaAddress {
    /// The query parameter `oe`: when the address stops working, in Unix seconds, hexadecimal.
    static func expiry(of address: String) -> Date? {
        guard let query = address.split(separator: "?", maxSplits: 1).dropFirst().first else { return nil }
        let value = query.split(separator: "&").lazy.compactMap { part -> Substring? in
            part.hasPrefix("oe=") ? part.dropFirst(3) : nil
        }.first
        // 13 digits are more than any year needs, and fit.
        guard let value, (1...13).contains(value.utf8.count), let seconds = UInt64(value, radix: 16) else { return nil }
        return Date(timeIntervalSince1970: Double(seconds))
    }
}
