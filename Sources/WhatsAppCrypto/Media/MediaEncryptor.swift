public import CryptoPrimitives
public import Foundation

/// Encrypts one file in pieces of any size, in memory that does not grow with the file.
///
/// An encrypted file is the ciphertext (AES-256-CBC, which adds 1 to 16 bytes) and the first ten bytes of the code
/// (HMAC-SHA256) over initialization vector and ciphertext; the vector itself is not in it. The hash of all that names
/// the upload, so the last piece has to be encrypted before the first one is sent.
public struct MediaEncryptor: ~Copyable {
    /// Bytes of the code at the end of an encrypted file.
    public static let codeSize = 10
    /// Work is done in slices of this many bytes, so that all four primitives find a slice in the processor's cache.
    static let sliceSize = 16_384

    private var cipher: MediaCipher
    private var fileHash = BackgroundHash(.sha256)
    private var encryptedHash = BackgroundHash(.sha256)
    private var fileLength: UInt64 = 0
    private var encryptedLength: UInt64 = 0

    /// - Parameter mediaKey: 32 fresh bytes; never one that has encrypted another content.
    public init(mediaKey: SecretBytes, kind: MediaKind) throws(WhatsAppCryptoError) {
        let keys = try MediaKeys(mediaKey: mediaKey, kind: kind)
        let cipher = try primitive { () throws(CryptoError) in try MediaCipher(.encrypt, keys: keys) }
        self.cipher = cipher
    }

    /// Encrypts the next piece and appends what is ready to `output`: up to 16 bytes more or fewer than the piece has.
    ///
    /// The caller takes the bytes and empties the buffer with its capacity kept, so that it need not grow again.
    public mutating func update(
        _ piece: some ContiguousBytes, into output: inout [UInt8]
    ) throws(WhatsAppCryptoError) {
        try withBytes(of: piece) { (piece) throws(WhatsAppCryptoError) in
            try inSlices(piece) { (slice, scratch) throws(CryptoError) in
                try self.fileHash.update(slice)
                let written = try self.cipher.update(slice, into: scratch)
                let encrypted = UnsafeRawBufferPointer(rebasing: scratch[..<written])
                try self.encryptedHash.update(encrypted)
                output.append(contentsOf: encrypted)
                self.fileLength += UInt64(slice.count)
                self.encryptedLength += UInt64(written)
            }
        }
    }

    /// Appends the last block and the code, and tells what the message has to say about the file.
    public consuming func finish(into output: inout [UInt8]) throws(WhatsAppCryptoError) -> MediaDigests {
        let lengths = (file: self.fileLength, encrypted: self.encryptedLength)
        do {
            let end = try self.cipher.finish()
            let rest = (end.rest ?? []) + end.code[..<Self.codeSize]
            try self.encryptedHash.update(rest)
            let digests = MediaDigests(
                fileSHA256: try self.fileHash.finish(), fileEncSHA256: try self.encryptedHash.finish(),
                fileLength: lengths.file, encryptedLength: lengths.encrypted + UInt64(rest.count))
            output.append(contentsOf: rest)
            return digests
        } catch {
            throw .primitiveFailed(error)
        }
    }

    /// A whole file at once.
    public static func encrypt(
        _ file: some ContiguousBytes, mediaKey: SecretBytes, kind: MediaKind
    ) throws(WhatsAppCryptoError) -> (encrypted: [UInt8], digests: MediaDigests) {
        var encryptor = try MediaEncryptor(mediaKey: mediaKey, kind: kind)
        var encrypted: [UInt8] = []
        encrypted.reserveCapacity(file.withUnsafeBytes(\.count) + 16 + Self.codeSize)
        try encryptor.update(file, into: &encrypted)
        let digests = try encryptor.finish(into: &encrypted)
        return (encrypted, digests)
    }
}

/// Calls `body` with one slice after the other and a buffer that has room for what becomes of it.
func inSlices(
    _ bytes: UnsafeRawBufferPointer,
    _ body: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) throws(CryptoError) -> Void
) throws(WhatsAppCryptoError) {
    let scratchSize = min(bytes.count, MediaEncryptor.sliceSize) + 16
    try withUnsafeTemporaryAllocation(byteCount: scratchSize, alignment: 16) { scratch in
        Result { () throws(WhatsAppCryptoError) in
            try primitive { () throws(CryptoError) in
                var start = 0
                while start < bytes.count {
                    let end = start + min(MediaEncryptor.sliceSize, bytes.count - start)
                    try body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), scratch)
                    start = end
                }
            }
        }
    }.get()
}
