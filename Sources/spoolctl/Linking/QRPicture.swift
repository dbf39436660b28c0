/// A QR code in half blocks: a character is one module wide and two high.
struct QRPicture {
    enum Style {
        /// Black on white, whatever the terminal's own colours are.
        case coloured
        /// In the terminal's own colours: the light modules are drawn, so that it is right on a dark background.
        case plain
    }

    let code: QRCode
    /// How many modules of light margin there are on each side. The standard has 4; phones read 2 as well.
    let quietZone: Int

    var columns: Int { self.code.width + 2 * self.quietZone }
    var rows: Int { (self.columns + 1) / 2 }

    func lines(_ style: Style) -> [String] {
        stride(from: -self.quietZone, to: self.code.width + self.quietZone, by: 2).map { row in
            let blocks = (-self.quietZone..<self.code.width + self.quietZone).map { column in
                self.block(row: row, column: column, style)
            }
            switch style {
            case .coloured: return Style.blackOnWhite + String(blocks) + Style.reset
            case .plain: return String(blocks)
            }
        }
    }

    private func block(row: Int, column: Int, _ style: Style) -> Character {
        let upper = self.code.isDark(row: row, column: column) == (style == .coloured)
        let lower = self.code.isDark(row: row + 1, column: column) == (style == .coloured)
        return switch (upper, lower) {
        case (true, true): "█"
        case (true, false): "▀"
        case (false, true): "▄"
        case (false, false): " "
        }
    }
}

extension QRPicture.Style {
    /// From the fixed part of the 256 colours, which no theme changes.
    fileprivate static let blackOnWhite = "\u{1B}[38;5;16;48;5;231m"
    fileprivate static let reset = "\u{1B}[0m"
}
