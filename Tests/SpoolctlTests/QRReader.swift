/// Reads QR codes the way a phone does after it has found the modules: versions 1 to 5 of the lowest error correction,
/// whose data is one block, in byte mode. Source: ISO/IEC 18004.
struct QRReader {
    private let rows: [[Bool]]
    private var width: Int { self.rows.count }

    /// - Parameters:
    ///   - lines: Half blocks without escape sequences.
    ///   - isDarkDrawn: Whether a drawn half is a dark module.
    init(lines: [String], quietZone: Int, isDarkDrawn: Bool) {
        var rows: [[Bool]] = []
        for line in lines {
            rows.append(line.map { ("█▀".contains($0)) == isDarkDrawn })
            rows.append(line.map { ("█▄".contains($0)) == isDarkDrawn })
        }
        let width = (lines.first?.count ?? 0) - 2 * quietZone
        self.rows = rows.dropFirst(quietZone).prefix(width).map { Array($0.dropFirst(quietZone).prefix(width)) }
    }

    var text: String? {
        guard self.width >= 21, self.width <= 37, (self.format >> 13) == 1 else { return nil }
        let mask = (self.format >> 10) & 7
        var bits: [Bool] = []
        var isUpward = true
        for right in stride(from: self.width - 1, to: 0, by: -2).map({ $0 <= 6 ? $0 - 1 : $0 }) {
            for row in isUpward ? Array((0..<self.width).reversed()) : Array(0..<self.width) {
                for column in [right, right - 1] where !self.isFunction(row, column) {
                    bits.append(self.rows[row][column] != Self.isMasked(mask, row, column))
                }
            }
            isUpward.toggle()
        }
        func number(_ range: Range<Int>) -> Int { bits[range].reduce(0) { $0 << 1 | ($1 ? 1 : 0) } }
        guard number(0..<4) == 4 else { return nil }
        let count = number(4..<12)
        guard 12 + 8 * count <= bits.count else { return nil }
        let bytes = (0..<count).map { UInt8(number(12 + 8 * $0..<20 + 8 * $0)) }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The fifteen bits beside the upper left finder.
    private var format: Int {
        let places =
            (0...5).map { (8, $0) } + [(8, 7), (8, 8), (7, 8)] + (0...5).reversed().map { ($0, 8) }
        return places.reduce(0) { $0 << 1 | (self.rows[$1.0][$1.1] ? 1 : 0) } ^ 0x5412
    }

    private func isFunction(_ row: Int, _ column: Int) -> Bool {
        let far = self.width - 8
        if row == 6 || column == 6 { return true }
        if row <= 8, column <= 8 || column >= far { return true }
        if row >= far, column <= 8 { return true }
        let center = self.width - 7
        return self.width > 21 && abs(row - center) <= 2 && abs(column - center) <= 2
    }

    private static func isMasked(_ mask: Int, _ row: Int, _ column: Int) -> Bool {
        switch mask {
        case 0: (row + column) % 2 == 0
        case 1: row % 2 == 0
        case 2: column % 3 == 0
        case 3: (row + column) % 3 == 0
        case 4: (row / 2 + column / 3) % 2 == 0
        case 5: (row * column) % 2 + (row * column) % 3 == 0
        case 6: ((row * column) % 2 + (row * column) % 3) % 2 == 0
        default: ((row + column) % 2 + (row * column) % 3) % 2 == 0
        }
    }
}
