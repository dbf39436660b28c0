import Foundation

/// The name of an encrypted file at the media server: the URL-safe Base64 of its hash, with padding.
///
/// The text stands in the path and in a query parameter, where `=` has to be percent-encoded.
public struct UploadToken: Hashable, Sendable {
    /// Bytes of the hash.
    public static let hashSize = 32

    public let fileEncSHA256: [UInt8]

    init(unchecked hash: [UInt8]) {
        self.fileEncSHA256 = hash
    }

    /// Reads a token with or without padding, for clients write it either way.
    /// - Throws: `malformedUploadToken`.
    public init(_ text: String) throws(WhatsAppCryptoError) {
        // 43 characters and one of padding: anything longer is not even decoded.
        guard text.utf8.count <= 44, !text.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/") })
        else { throw .malformedUploadToken }
        let standard = text.replacing("-", with: "+").replacing("_", with: "/")
        let padded = standard.utf8.count == 43 ? standard + "=" : standard
        guard let hash = Data(base64Encoded: padded), hash.count == Self.hashSize else { throw .malformedUploadToken }
        self.fileEncSHA256 = Array(hash)
    }
}

extension UploadToken: CustomStringConvertible {
    public var description: String {
        Data(self.fileEncSHA256).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    }
}
