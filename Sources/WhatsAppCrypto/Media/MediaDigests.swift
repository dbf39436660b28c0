/// What a message has to say about an encrypted file beside its key, all learned in one pass over it.
public struct MediaDigests: Hashable, Sendable {
    /// SHA-256 of the file.
    public let fileSHA256: [UInt8]
    /// SHA-256 of the encrypted file with its code: what is uploaded.
    public let fileEncSHA256: [UInt8]
    /// Bytes of the file.
    public let fileLength: UInt64
    /// Bytes of the encrypted file with its code.
    public let encryptedLength: UInt64

    /// The name the encrypted file is uploaded under.
    public var uploadToken: UploadToken { UploadToken(unchecked: self.fileEncSHA256) }
}
