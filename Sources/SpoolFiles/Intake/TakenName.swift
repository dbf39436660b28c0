import SpoolCore

/// The name of a drop file in `importing`: `<batch>~<user>~<name>`, or `<batch>!~…` when the name had to be cut.
///
/// It says all that a start needs to know about a file that a killed daemon left there.
struct TakenName: Equatable, Sendable {
    /// Bytes of a drop file's name; answers append up to 35 to it, and a name may have 255.
    static let longest = 200
    private static let longestOnDisk = 255
    /// Batches are counted from 1; a number beyond all reach is no work of ours, and counting on from it would overflow.
    private static let highestBatch: Int64 = 1 << 52

    let batch: BatchID
    let user: UserName
    /// As it was dropped, or its start.
    let name: DropFileName
    let isCut: Bool

    init(batch: BatchID, user: UserName, dropped: DropFileName) {
        self.batch = batch
        self.user = user
        let room = min(Self.longest, Self.longestOnDisk - "\(batch)!~\(user)~".utf8.count)
        self.name = dropped.cut(to: room)
        self.isCut = self.name != dropped
    }

    /// Reads a name of `importing` back; `nil` when it is none of ours.
    init?(onDisk: DropFileName) {
        let parts = onDisk.bytes.split(separator: UInt8(ascii: "~"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[2].isEmpty else { return nil }
        let isCut = parts[0].last == UInt8(ascii: "!")
        let digits = String(decoding: isCut ? parts[0].dropLast() : parts[0], as: UTF8.self)
        guard let batch = Int64(digits), (1...Self.highestBatch).contains(batch), String(batch) == digits,
            let user = UserName(rawValue: String(decoding: parts[1], as: UTF8.self))
        else { return nil }
        self.batch = BatchID(rawValue: batch)
        self.user = user
        self.name = DropFileName(bytes: Array(parts[2]))
        self.isCut = isCut
    }

    var onDisk: DropFileName {
        DropFileName(bytes: Array("\(self.batch)\(self.isCut ? "!" : "")~\(self.user)~".utf8) + self.name.bytes)
    }
}

extension DropFileName {
    /// The name itself, or its start without half a UTF-8 character at the end.
    func cut(to length: Int) -> DropFileName {
        guard self.bytes.count > length else { return self }
        var end = length
        // At most three bytes continue a character; more are not UTF-8 and may be cut anywhere.
        while end > 0, end > length - 3, self.bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return DropFileName(bytes: Array(self.bytes[..<end]))
    }
}
