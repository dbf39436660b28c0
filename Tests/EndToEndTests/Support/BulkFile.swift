import SpoolTestSupport

/// A CSV file of many rows, some of them bad in one of the ways there are, and what has to become of each.
struct BulkFile: Sendable {
    /// Why a row has to be refused.
    struct Fault: Sendable {
        var code: String
        /// The field at fault; empty for none.
        var field: String
        /// What the row's own error says, and no other kind of error does.
        var fragment: String
        /// The row that already has the ref.
        var firstOfRef: Int?
    }

    struct Row: Sendable {
        /// The row's number, from 1, in the column `id`.
        var id: Int
        /// The physical line it starts in.
        var line: Int
        var fault: Fault?
    }

    static let columns = [
        "id", "number", "message", "priority", "sendAt", "expiresAt", "tz", "sessionId", "ref", "note",
    ]

    let text: String
    let rows: [Row]
    /// What tells this file from another.
    let tag: String

    /// - Parameters:
    ///   - bad: How many rows are refused; every kind of fault comes in turn.
    ///   - sendAt: A moment before which no row is sent.
    init(_ count: Int, bad: Int, seed: UInt64, tag: String, sendAt: String = "") {
        var generator = SeededGenerator(seed: seed)
        let faulty = Set(Array(2...max(2, count)).shuffled(using: &generator).prefix(bad))
        var text = Self.columns.joined(separator: ",") + "\n"
        var rows: [Row] = []
        var line = 2
        var lastRef: (row: Int, ref: String)?
        var kind = 0
        for id in 1...count {
            var cells = Self.goodCells(id, tag)
            if cells["sendAt"] == nil { cells["sendAt"] = sendAt }
            var row = Row(id: id, line: line, fault: nil)
            var ending = "\n"
            if faulty.contains(id) {
                cells["ref"] = nil
                row.fault = Self.spoil(&cells, &ending, kind, lastRef)
                kind += 1
            } else if let ref = cells["ref"] {
                lastRef = (id, ref)
            }
            rows.append(row)
            let record = Self.columns.map { cells[$0] ?? "" }.joined(separator: ",") + ending
            line += record.utf8.count { $0 == 0x0A }
            text += record
        }
        self.text = text
        self.rows = rows
        self.tag = tag
    }

    var bad: [Row] { self.rows.filter { $0.fault != nil } }
    var goodCount: Int { self.rows.count - self.bad.count }

    /// Cells as they stand in the file, with the shapes that files of people have.
    private static func goodCells(_ id: Int, _ tag: String) -> [String: String] {
        let number = String(923_000_000_000 + id)
        var cells = ["id": String(id), "number": number, "message": "Hello \(id)", "note": "\(tag)-\(id)"]
        switch id % 7 {
        case 1: cells["message"] = "\"Dear customer, your order \(id) is \"\"ready\"\"\""
        case 2: cells["message"] = "\"Two lines\nof text \(id)\""
        case 3: cells["number"] = "+92 (300) 0" + number.suffix(6)
        case 4: cells["message"] = "سلام 👋🏽 *\(id)*"
        case 5: cells["note"] = "=1+\(id)"
        default: break
        }
        if id % 3 == 1 { cells["ref"] = "\(tag)-\(id)" }
        return cells
    }

    private static func spoil(
        _ cells: inout [String: String], _ ending: inout String, _ kind: Int, _ lastRef: (row: Int, ref: String)?
    ) -> Fault {
        let turn = kind / Self.faultKinds
        switch kind % Self.faultKinds {
        case 0:
            cells["number"] = ""
            return .init(code: "VALIDATION_ERROR", field: "number", fragment: "Phone number is required")
        case 1:
            cells["number"] = "call me"
            return .init(code: "VALIDATION_ERROR", field: "number", fragment: "This is not a phone number")
        case 2:
            let digits = 2 + turn % 5
            cells["number"] = String(repeating: "9", count: digits)
            return .init(code: "VALIDATION_ERROR", field: "number", fragment: "has \(digits) digits: 7 to 15")
        case 3:
            let digits = 16 + turn
            cells["number"] = String(repeating: "9", count: digits)
            return .init(code: "VALIDATION_ERROR", field: "number", fragment: "has \(digits) digits: 7 to 15")
        case 4:
            cells["number"] = "03001234567"
            return .init(code: "VALIDATION_ERROR", field: "number", fragment: "The number is national")
        case 5:
            cells["number"] = "9.23E+11"
            return .init(code: "NUMBER_SCIENTIFIC", field: "number", fragment: "format the column as Text")
        case 6:
            cells["number"] = "+44 (0) 20 7946 0958"
            return .init(code: "VALIDATION_ERROR", field: "number", fragment: "The (0) belongs to national calls")
        case 7:
            cells["number"] = "923001234567.5"
            return .init(code: "VALIDATION_ERROR", field: "number", fragment: "looks like a decimal number")
        case 8:
            cells["message"] = " "
            return .init(code: "VALIDATION_ERROR", field: "message", fragment: "Message text is required")
        case 9:
            cells["message"] = String(repeating: "x", count: 65537)
            return .init(code: "VALIDATION_ERROR", field: "message", fragment: "longer than 65536 characters")
        case 10:
            cells["message"] = "Hello {{nobody}}"
            return .init(code: "TEMPLATE_ERROR", field: "message", fragment: "emplate")
        case 11:
            ending = String(repeating: ",surplus", count: turn + 1) + "\n"
            return .init(code: "EXTRA_COLUMNS", field: "", fragment: "has \(Self.columns.count + turn + 1) cells")
        case 12:
            cells["message"] = "\"Hel\"lo"
            return .init(code: "VALIDATION_ERROR", field: "", fragment: "behind its closing quote")
        case 13:
            cells["priority"] = "urgent"
            return .init(code: "VALIDATION_ERROR", field: "priority", fragment: "priority must be high, normal or low")
        case 14:
            cells["sendAt"] = "tomorrow"
            return .init(code: "VALIDATION_ERROR", field: "sendAt", fragment: "sendAt must be a time")
        case 15:
            cells["expiresAt"] = "2026-02-30T00:00:00Z"
            return .init(code: "VALIDATION_ERROR", field: "expiresAt", fragment: "expiresAt must be a time")
        case 16:
            cells["tz"] = "Mars/Base\(turn)"
            return .init(code: "VALIDATION_ERROR", field: "tz", fragment: "Mars/Base\(turn)")
        case 17:
            cells["sessionId"] = "dev99"
            return .init(code: "UNKNOWN_DEVICE", field: "sessionId", fragment: "There is no device of this name")
        case 18:
            cells["ref"] = String(repeating: "r", count: 129)
            return .init(code: "VALIDATION_ERROR", field: "ref", fragment: "longer than 128 characters")
        default:
            // Row 1 is good and has a ref, so there always is an earlier one.
            cells["ref"] = lastRef?.ref ?? ""
            return .init(
                code: "DUPLICATE_REF", field: "ref", fragment: "already has this ref", firstOfRef: lastRef?.row)
        }
    }

    private static let faultKinds = 20
}
