/// Writes the cells that we add to a CSV file.
struct CSVCell: Sendable {
    let delimiter: UInt8

    /// The cell with its delimiter in front, quoted where it must be.
    ///
    /// - Parameter isGuarded: Puts `'` before a text that a spreadsheet would run as a formula.
    func appended(_ text: String, isGuarded: Bool) -> [UInt8] {
        [self.delimiter] + self.bytes(text, isGuarded: isGuarded)
    }

    func bytes(_ text: String, isGuarded: Bool) -> [UInt8] {
        var bytes = Array(text.utf8)
        if isGuarded, let first = bytes.first, Self.formulaStarts.contains(first) {
            bytes.insert(UInt8(ascii: "'"), at: 0)
        }
        let needsQuotes = bytes.contains { $0 == self.delimiter || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
        guard needsQuotes else { return bytes }
        var quoted: [UInt8] = [0x22]
        for byte in bytes {
            if byte == 0x22 { quoted.append(byte) }
            quoted.append(byte)
        }
        return quoted + [0x22]
    }

    private static let formulaStarts = Array("=+-@\t\r".utf8)
}
