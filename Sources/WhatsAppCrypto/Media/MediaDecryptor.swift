public import CryptoPrimitives
public import Foundation

/// Decrypts one file that comes in pieces of any size, in memory that does not grow with the file.
///
/// Nothing is proven before `finish` has returned. Until then a reader may keep the bytes, say in a temporary file, but
/// not look into them, show them, pass them on or let the file take its final name; when `finish` throws they have to
/// be thrown away.
public struct MediaDecryptor: ~Copyable {
    private var cipher: MediaCipher
    private var fileHash = BackgroundHash(.sha256)
    private var encryptedHash = BackgroundHash(.sha256)
    private let expectedFileHash, expectedEncryptedHash: [UInt8]?
    /// The last bytes so far, which are the code if no more come.
    private var held: [UInt8] = []
    private var fileLength: UInt64 = 0
    private var encryptedLength: UInt64 = 0

    /// - Parameters:
    ///   - kind: as the message says that brought the key.
    ///   - fileSHA256: the announced hash of the file, compared at the end; `nil` when none was.
    ///   - fileEncSHA256: the same of the encrypted file.
    public init(
        mediaKey: SecretBytes, kind: MediaKind, fileSHA256: [UInt8]? = nil, fileEncSHA256: [UInt8]? = nil
    ) throws(WhatsAppCryptoError) {
        let keys = try MediaKeys(mediaKey: mediaKey, kind: kind)
        let cipher = try primitive { () throws(CryptoError) in try MediaCipher(.decrypt, keys: keys) }
        self.cipher = cipher
        self.expectedFileHash = fileSHA256
        self.expectedEncryptedHash = fileEncSHA256
        self.held.reserveCapacity(2 * MediaEncryptor.codeSize)
    }

    /// Takes the next piece of the encrypted file and appends what could be decrypted, unproven, to `output`. The last
    /// 26 bytes at most stay inside.
    public mutating func update(
        _ piece: some ContiguousBytes, into output: inout [UInt8]
    ) throws(WhatsAppCryptoError) {
        try withBytes(of: piece) { (piece) throws(WhatsAppCryptoError) in
            try inSlices(piece) { (slice, scratch) throws(CryptoError) in
                try self.encryptedHash.update(slice)
                self.encryptedLength += UInt64(slice.count)
                let ready = self.held.count + slice.count - MediaEncryptor.codeSize
                guard ready > 0 else {
                    self.held.append(contentsOf: slice)
                    return
                }
                let fromHeld = min(ready, self.held.count)
                let fromSlice = ready - fromHeld
                let released = Array(self.held[..<fromHeld])
                self.held.removeFirst(fromHeld)
                self.held.append(contentsOf: slice[fromSlice...])
                // Never more than the slice has, so there is room for them.
                try self.decrypt(released, scratch, into: &output)
                try self.decrypt(slice[..<fromSlice], scratch, into: &output)
            }
        }
    }

    private mutating func decrypt(
        _ part: some ContiguousBytes, _ scratch: UnsafeMutableRawBufferPointer, into output: inout [UInt8]
    ) throws(CryptoError) {
        let written = try part.withUnsafeBytes { part in
            Result { () throws(CryptoError) in try self.cipher.update(part, into: scratch) }
        }.get()
        let decrypted = UnsafeRawBufferPointer(rebasing: scratch[..<written])
        try self.fileHash.update(decrypted)
        output.append(contentsOf: decrypted)
        self.fileLength += UInt64(written)
    }

    /// Proves all bytes and appends the last ones.
    /// - Throws: `encryptedFileSize`, `encryptedFileHashMismatch`, `mediaCodeMismatch`, `mediaPadding` or
    ///   `fileHashMismatch`, the first that is true, in this order.
    public consuming func finish(into output: inout [UInt8]) throws(WhatsAppCryptoError) -> MediaDigests {
        let (length, encryptedLength) = (self.fileLength, self.encryptedLength)
        let (held, expectedFileHash, expectedEncryptedHash) = (
            self.held, self.expectedFileHash, self.expectedEncryptedHash
        )
        let size = UInt64(MediaEncryptor.codeSize)
        guard encryptedLength >= size + 16, (encryptedLength - size).isMultiple(of: 16) else {
            throw .encryptedFileSize(bytes: encryptedLength)
        }
        let end: MediaCipher.End
        let fileHash, encryptedHash: [UInt8]
        do {
            end = try self.cipher.finish()
            if let rest = end.rest { try self.fileHash.update(rest) }
            fileHash = try self.fileHash.finish()
            encryptedHash = try self.encryptedHash.finish()
        } catch {
            throw .primitiveFailed(error)
        }
        if let expected = expectedEncryptedHash, !isEqualInConstantTime(expected, encryptedHash) {
            throw .encryptedFileHashMismatch
        }
        guard isEqualInConstantTime(held, Array(end.code[..<MediaEncryptor.codeSize])) else { throw .mediaCodeMismatch }
        guard let rest = end.rest else { throw .mediaPadding }
        if let expected = expectedFileHash, !isEqualInConstantTime(expected, fileHash) { throw .fileHashMismatch }
        output.append(contentsOf: rest)
        return MediaDigests(
            fileSHA256: fileHash, fileEncSHA256: encryptedHash, fileLength: length + UInt64(rest.count),
            encryptedLength: encryptedLength)
    }

    /// A whole file at once; gives nothing that is not proven.
    public static func decrypt(
        _ encrypted: some ContiguousBytes, mediaKey: SecretBytes, kind: MediaKind, fileSHA256: [UInt8]? = nil,
        fileEncSHA256: [UInt8]? = nil
    ) throws(WhatsAppCryptoError) -> [UInt8] {
        var decryptor = try MediaDecryptor(
            mediaKey: mediaKey, kind: kind, fileSHA256: fileSHA256, fileEncSHA256: fileEncSHA256)
        var file: [UInt8] = []
        file.reserveCapacity(encrypted.withUnsafeBytes(\.count) + 16)
        try decryptor.update(encrypted, into: &file)
        _ = try decryptor.finish(into: &file)
        return file
    }
}
