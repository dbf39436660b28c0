import COpenSSL
import Glibc
import SpoolCore

/// What one pass over a drop file's bytes finds out before its rows are read.
public struct FileInspection: Equatable, Sendable {
    /// SHA-256 of the bytes; 32 bytes.
    public let digest: [UInt8]
    public let byteCount: Int64

    /// Reads the whole file once, in pieces.
    ///
    /// - Throws: `TOO_LARGE`, `EMPTY_FILE` (nothing, or nothing but white space), or `ENCODING_ERROR` naming line and
    ///   byte offset (from 0) of what is not UTF-8. A file that ends inside a character counts as incomplete.
    public init(descriptor: Int32, maximumFile: Int64, pieceSize: Int = 262_144) throws(DropFileError) {
        var pass = Pass(descriptor: descriptor, maximumFile: maximumFile)
        var piece = [UInt8](repeating: 0, count: max(4, pieceSize))
        var hash = try SHA256Stream()
        while try pass.read(into: &piece, hash: &hash) {}
        try pass.checkEnd()
        self.byteCount = pass.offset
        self.digest = try hash.digest()
    }

    /// The state of the one pass.
    private struct Pass {
        let descriptor: Int32
        let maximumFile: Int64
        var offset: Int64 = 0
        var validator = UTF8Validator()
        var hasContent = false

        mutating func read(into piece: inout [UInt8], hash: inout SHA256Stream) throws(DropFileError) -> Bool {
            let count = try readPiece(of: self.descriptor, at: self.offset, into: &piece)
            guard count > 0 else { return false }
            guard Int64(count) <= self.maximumFile - self.offset else {
                throw .refused(.tooLarge, "The file is larger than \(self.maximumFile) bytes")
            }
            let bytes = piece[..<count]
            if self.offset == 0 { try Self.checkByteOrderMark(bytes) }
            let fault = piece.withUnsafeBytes { self.validator.check(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            if let fault { throw self.encodingError(fault.fault, at: self.offset + Int64(fault.index)) }
            if !self.hasContent {
                let text = self.offset == 0 && bytes.starts(with: byteOrderMark) ? bytes.dropFirst(3) : bytes
                self.hasContent = text.contains { $0 > 0x20 }
            }
            try hash.update(bytes)
            self.offset += Int64(count)
            return true
        }

        func checkEnd() throws(DropFileError) {
            guard !self.validator.isInsideCharacter else {
                let line = lineNumber(in: self.descriptor, at: self.offset)
                throw .refused(
                    Refusal(
                        .encoding,
                        "The file ends inside a UTF-8 character (line \(line), byte offset \(self.offset)): "
                            + "it is cut off, or not UTF-8"
                    ), line: line, isIncomplete: true)
            }
            guard self.hasContent else {
                throw .refused(Refusal(.emptyFile, "The file is empty"), line: nil, isIncomplete: true)
            }
        }

        private static func checkByteOrderMark(_ bytes: ArraySlice<UInt8>) throws(DropFileError) {
            guard bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) else { return }
            throw .refused(.encoding, "UTF-16 is not supported by this version: save the file as UTF-8", line: 1)
        }

        private func encodingError(_ fault: UTF8Validator.Fault, at offset: Int64) -> DropFileError {
            let line = lineNumber(in: self.descriptor, at: offset)
            let place = "line \(line), byte offset \(offset)"
            switch fault {
            case .malformed:
                return .refused(.encoding, "The file is not UTF-8 (\(place)): save it as UTF-8", line: line)
            case .nul:
                return .refused(.encoding, "The file is binary, or UTF-16: it has a NUL byte (\(place))", line: line)
            }
        }
    }
}

/// The mark that some editors put before UTF-8.
let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

/// Fills `piece` from `offset` on as far as one read goes; 0 at the end of the file.
private func readPiece(of descriptor: Int32, at offset: Int64, into piece: inout [UInt8]) throws(DropFileError) -> Int {
    while true {
        let count = piece.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
        if count >= 0 { return count }
        guard errno == EINTR else { throw .unreadable(errno: errno) }
    }
}

/// The physical line of the byte at `offset`: counted only when there is something to complain about.
private func lineNumber(in descriptor: Int32, at offset: Int64) -> Int {
    var window = FileWindow(descriptor: descriptor, maximumRecord: .max / 2, pieceSize: 65536)
    while window.offset < offset {
        // A file that cannot be read a second time is described by the line it could be read to.
        guard let isMore = try? window.fill(), isMore else { break }
        window.advance(by: Int(min(Int64(window.count), offset - window.offset)))
    }
    return window.line
}
