import CQREncode

/// A text as a QR code, without a margin.
struct QRCode: Equatable, Sendable {
    /// Modules of a side.
    let width: Int
    /// Row by row from the top left; `true` is dark.
    let modules: [Bool]

    init(width: Int, modules: [Bool]) {
        self.width = width
        self.modules = modules
    }

    /// The smallest code of the lowest error correction, which is enough for a screen.
    /// - Returns: `nil` for no text at all and for more than a QR code holds, which is 2953 bytes.
    init?(_ text: String) {
        var text = text
        let symbol = text.withUTF8 { bytes in
            Int32(exactly: bytes.count).flatMap { QRcode_encodeData($0, bytes.baseAddress, 0, QR_ECLEVEL_L) }
        }
        guard let symbol else { return nil }
        defer { QRcode_free(symbol) }
        self.width = Int(symbol.pointee.width)
        // The lowest bit of a byte is the colour, the others say what the module is for.
        self.modules = UnsafeBufferPointer(start: symbol.pointee.data, count: self.width * self.width)
            .map { $0 & 1 == 1 }
    }

    /// What is outside is light.
    func isDark(row: Int, column: Int) -> Bool {
        guard (0..<self.width).contains(row), (0..<self.width).contains(column) else { return false }
        return self.modules[row * self.width + column]
    }
}
