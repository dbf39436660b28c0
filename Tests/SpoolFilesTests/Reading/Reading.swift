import SpoolCore

@testable import SpoolFiles

/// What one reading of a drop file gives.
struct Reading: Equatable {
    var fields = BatchFields()
    var rows: [DropRow] = []
    var error: DropFileError?

    init(
        _ bytes: [UInt8], _ format: DropFileFormat, rules: ReadingRules = ReadingRules(), pieceSize: Int = 65536
    ) {
        let file = NamelessFile(bytes)
        do {
            var reader = try DropFileReader(
                descriptor: file.descriptor, format: format, rules: rules, pieceSize: pieceSize)
            self.fields = reader.batchFields
            while let row = try reader.next() { self.rows.append(row) }
        } catch {
            self.error = error
        }
    }

    init(_ text: String, _ format: DropFileFormat, rules: ReadingRules = ReadingRules(), pieceSize: Int = 65536) {
        self.init(Array(text.utf8), format, rules: rules, pieceSize: pieceSize)
    }

    /// One line a row: its line number, then number and text or code and field.
    var summary: [String] {
        self.rows.map { row in
            switch row.content {
            case .message(let message): "\(row.line) \(message.recipient.address) \(message.text)"
            case .refused(let refusal): "\(row.line) \(refusal.code.rawValue) \(refusal.field ?? "-")"
            }
        }
    }

    var messages: [MessageRequest] {
        self.rows.compactMap { row in
            switch row.content {
            case .message(let message): message
            case .refused: nil
            }
        }
    }

    var refusals: [Refusal] {
        self.rows.compactMap { row in
            switch row.content {
            case .message: nil
            case .refused(let refusal): refusal
            }
        }
    }
}
