import Glibc
import SpoolCore

/// A sliding view of a file: the current record lies in memory in one piece, the rest stays on disk.
///
/// Indices count from the start of the window and stay valid while the window fills; only `advance` moves them. The
/// file is read with `pread`, never mapped: a writer that truncates it then costs a short read and not a signal.
struct FileWindow: Sendable {
    /// The most bytes of one record.
    let maximumRecord: Int
    /// The physical line of the window's first byte, from 1. LF, CRLF and CR each end a line.
    private(set) var line: Int

    private let descriptor: Int32
    private let pieceSize: Int
    private var bytes: [UInt8]
    private var start = 0
    private var end = 0
    private var nextOffset: Int64
    private var isAtEnd = false
    private var followsCarriageReturn = false

    init(descriptor: Int32, maximumRecord: Int, pieceSize: Int, offset: Int64 = 0, line: Int = 1) {
        self.descriptor = descriptor
        self.maximumRecord = maximumRecord
        self.pieceSize = max(1, pieceSize)
        self.bytes = [UInt8](repeating: 0, count: 2 * max(1, pieceSize))
        self.nextOffset = offset
        self.line = line
    }

    /// The bytes in memory, from the window's start.
    var count: Int { self.end - self.start }

    /// The last index that can be read whatever the piece size; what larger pieces show beyond it must not matter.
    ///
    /// Two bytes behind the longest record, so that a reader can look at its line end.
    var lastReachableIndex: Int { self.maximumRecord + 2 }

    /// Where in the file the window starts.
    var offset: Int64 { self.nextOffset - Int64(self.count) }

    subscript(index: Int) -> UInt8 { self.bytes[self.start + index] }

    func slice(_ range: Range<Int>) -> ArraySlice<UInt8> {
        self.bytes[(self.start + range.lowerBound)..<(self.start + range.upperBound)]
    }

    func text(_ range: Range<Int>) -> String {
        String(decoding: self.slice(range), as: UTF8.self)
    }

    /// The first index from `index` on whose byte matches, or `count`.
    @inline(__always)
    func firstIndex(from index: Int, where isMatch: (UInt8) -> Bool) -> Int {
        let span = self.bytes.span
        var position = self.start + index
        while position < self.end, !isMatch(span[position]) { position += 1 }
        return position - self.start
    }

    /// The byte at `index`, read from the file if it must be; `nil` at the end of the file.
    @inline(__always)
    mutating func byte(at index: Int) throws(DropFileError) -> UInt8? {
        while index >= self.count {
            guard try self.fill() else { return nil }
        }
        return self[index]
    }

    /// Reads one more piece; `false` at the end of the file.
    ///
    /// - Throws: `TOO_LARGE` when the window already holds more than a record may have.
    mutating func fill() throws(DropFileError) -> Bool {
        guard !self.isAtEnd else { return false }
        guard self.count <= self.lastReachableIndex else {
            throw .recordTooLarge(limit: self.maximumRecord, line: self.line)
        }
        self.makeRoom()
        let received = try self.read()
        self.end += received
        self.nextOffset += Int64(received)
        self.isAtEnd = received == 0
        return received > 0
    }

    /// Leaves the first `distance` bytes behind, which must have been read.
    mutating func advance(by distance: Int) {
        self.line += self.lineEnds(before: distance)
        if distance > 0 { self.followsCarriageReturn = self[distance - 1] == UInt8(ascii: "\r") }
        self.start += distance
    }

    /// A place in the file to come back to; no CR stands right before it.
    struct Mark: Sendable {
        fileprivate var offset: Int64
        fileprivate var line: Int
    }

    /// The window's start.
    var mark: Mark { Mark(offset: self.offset, line: self.line) }

    /// Starts anew at `mark`.
    mutating func rewind(to mark: Mark) {
        self.start = 0
        self.end = 0
        self.nextOffset = mark.offset
        self.line = mark.line
        self.isAtEnd = false
        self.followsCarriageReturn = false
    }

    /// The physical line of the byte at `index`.
    func line(at index: Int) -> Int {
        self.line + self.lineEnds(before: min(index, self.count))
    }

    private func lineEnds(before index: Int) -> Int {
        let span = self.bytes.span
        var total = 0
        var isAfterReturn = self.followsCarriageReturn
        for position in self.start..<(self.start + index) {
            let byte = span[position]
            guard byte < 0x0E else {
                isAfterReturn = false
                continue
            }
            if byte == UInt8(ascii: "\r") || (byte == UInt8(ascii: "\n") && !isAfterReturn) { total += 1 }
            isAfterReturn = byte == UInt8(ascii: "\r")
        }
        return total
    }

    private mutating func makeRoom() {
        guard self.bytes.count - self.end < self.pieceSize else { return }
        if self.start > 0 {
            let length = self.count
            self.bytes.withUnsafeMutableBytes { buffer in
                guard let base = buffer.baseAddress else { return }
                memmove(base, base + self.start, length)
            }
            self.start = 0
            self.end = length
        }
        let wanted = self.end + self.pieceSize
        if self.bytes.count < wanted {
            self.bytes.append(contentsOf: repeatElement(0, count: max(wanted - self.bytes.count, self.bytes.count)))
        }
    }

    private mutating func read() throws(DropFileError) -> Int {
        while true {
            let received = self.bytes.withUnsafeMutableBytes { buffer in
                pread(
                    self.descriptor, buffer.baseAddress.map { $0 + self.end }, self.pieceSize,
                    off_t(self.nextOffset))
            }
            if received >= 0 { return received }
            guard errno == EINTR else { throw .unreadable(errno: errno) }
        }
    }
}
