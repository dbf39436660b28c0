public import SpoolCore

extension DropFileName {
    /// Endings of names under which a file is still being written, or is not a drop file at all.
    private static let ignoredEndings = [
        ".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", ".lock", ".ok", ".err", ".done", "~",
    ].map { Array($0.utf8) }

    /// Whether a file of this name is left alone in a drop directory.
    public var isIgnored: Bool {
        self.bytes.first == UInt8(ascii: ".")
            || Self.ignoredEndings.contains { self.bytes.suffix($0.count).elementsEqual($0) }
    }

    /// Why nobody can drop a file of this name; `nil` when one can.
    var unusableReason: String? {
        if self.bytes.isEmpty { return "it is empty" }
        if self.bytes.contains(UInt8(ascii: "/")) || self.bytes.contains(0) { return "it contains a slash or a NUL" }
        if self.bytes.count > TakenName.longest { return "it is longer than \(TakenName.longest) bytes" }
        if self.isIgnored { return "files of such names are left alone" }
        return nil
    }
}
