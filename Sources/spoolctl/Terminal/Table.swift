import SpoolCore

/// Rows under a header, in columns as wide as their widest cell.
///
/// A long list comes in pieces: the first decides the widths, so that memory does not grow with the list.
struct Table {
    struct Column {
        enum Alignment {
            case left
            case right
        }

        var title: String
        var alignment: Alignment
        var cell: @Sendable (JSONValue) -> String

        init(_ title: String, _ alignment: Alignment = .left, cell: @escaping @Sendable (JSONValue) -> String) {
            self.title = title
            self.alignment = alignment
            self.cell = cell
        }

        /// The words of a key's value.
        init(_ title: String, _ key: String, _ alignment: Alignment = .left) {
            self.init(title, alignment) { ($0[key] ?? .null).words }
        }

        /// The moment under a key.
        static func moment(_ title: String, _ key: String) -> Column {
            Column(title) { ($0[key] ?? .null).momentWords }
        }
    }

    private let columns: [Column]
    private var widths: [Int]?

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// The next rows, under the header if they are the first.
    mutating func lines(_ rows: [JSONValue]) -> [String] {
        let cells = rows.map { row in self.columns.map { $0.cell(row) } }
        if let widths = self.widths { return cells.map { self.line($0, widths) } }
        let header = self.columns.map(\.title)
        let widths = self.columns.indices.map { column in
            cells.map { $0[column].count }.reduce(header[column].count, max)
        }
        self.widths = widths
        return ([header] + cells).map { self.line($0, widths) }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let padding = String(repeating: " ", count: max(0, widths[index] - cell.count))
            switch self.columns[index].alignment {
            case .left: line += index == cells.count - 1 ? cell : cell + padding
            case .right: line += padding + cell
            }
            if index < cells.count - 1 { line += "  " }
        }
        return line
    }
}
