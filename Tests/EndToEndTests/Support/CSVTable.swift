/// A CSV file taken apart by the simplest reader there is, to check what the daemon wrote.
struct CSVTable {
    let header: [String]
    let rows: [[String]]

    /// - Parameter text: With commas and quotes as RFC 4180 has them; blank lines count as none.
    init(_ bytes: [UInt8]) {
        var records: [[String]] = []
        var record: [String] = []
        var cell: [UInt8] = []
        var isQuoted = false
        var index = 0
        func endCell() {
            record.append(String(decoding: cell, as: UTF8.self))
            cell.removeAll(keepingCapacity: true)
        }
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\"") where isQuoted && index < bytes.count && bytes[index] == UInt8(ascii: "\""):
                cell.append(byte)
                index += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ",") where !isQuoted: endCell()
            case UInt8(ascii: "\r") where !isQuoted: continue
            case UInt8(ascii: "\n") where !isQuoted:
                if record.isEmpty && cell.isEmpty { continue }
                endCell()
                records.append(record)
                record = []
            default: cell.append(byte)
            }
        }
        if !record.isEmpty || !cell.isEmpty {
            endCell()
            records.append(record)
        }
        self.header = records.first ?? []
        self.rows = Array(records.dropFirst())
    }

    init(_ text: String) {
        self.init(Array(text.utf8))
    }

    /// The cells of one column; empty when there is no such column.
    subscript(column: String) -> [String] {
        guard let index = self.header.firstIndex(of: column) else { return [] }
        return self.rows.map { index < $0.count ? $0[index] : "" }
    }

    /// One row by the names of its columns.
    func row(_ index: Int) -> [String: String] {
        Dictionary(zip(self.header, self.rows[index]), uniquingKeysWith: { first, _ in first })
    }

    /// How many rows have which value.
    func counts(of column: String) -> [String: Int] {
        Dictionary(self[column].map { ($0, 1) }, uniquingKeysWith: +)
    }
}
