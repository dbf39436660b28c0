import SpoolCore

extension ResultFileWriter {
    /// `{"batchId": …, "messages": […]}`, each message with the client's keys and then ours.
    func writeJSONResult(_ merge: inout ResultRowMerge, _ output: inout ResultOutput) throws {
        var records = try JSONRecordReader(self.window())
        try output.write("{\"batchId\": \(self.batch), \"messages\": [")
        while try records.next() {
            try output.write(records.record.number > 1 ? ",\n" : "\n")
            try output.write(try self.object(records, &merge))
        }
        try output.write("\n]}\n")
    }

    /// One object a line.
    func writeJSONLinesResult(_ merge: inout ResultRowMerge, _ output: inout ResultOutput) throws {
        var records = try JSONLinesRecordReader(self.window())
        while try records.next() {
            // Inside a valid line a CR can only be white space between values.
            let object = try self.object(records, &merge).map { $0 == 0x0D ? 0x20 : $0 }
            try output.write(object)
            try output.write("\n")
        }
    }

    private func object(_ records: some JSONRecords, _ merge: inout ResultRowMerge) throws -> [UInt8] {
        let record = records.record
        let window = records.scanner.window
        guard let row = try merge.row(of: record.number) else {
            throw ResultFileError.missingRow(record: record.number)
        }
        var result: [UInt8]
        let columns = ResultColumn.all(isDryRun: self.isDryRun)
        var names = columns.map(\.rawValue)
        switch record.content {
        case .object:
            let keys = records.scanner.members.map { window.unescaped($0.key) }
            names = ResultColumn.names(of: columns, beside: keys)
            result = Array(window.slice(record.range).dropLast())
            while let last = result.last, last <= 0x20 { result.removeLast() }
            if !keys.isEmpty { result += ", ".utf8 }
        case .other:
            result = Array("{\"value\": ".utf8) + window.slice(record.range) + Array(", ".utf8)
        case .malformed:
            result = Array("{\"value\": \(JSONString.quoted(window.text(record.range))), ".utf8)
        }
        let members = zip(names, columns).map { name, column in
            let text = column.text(of: row)
            return "\"\(name)\": " + (column.isBare ? text ?? "null" : text.map(JSONString.quoted) ?? "null")
        }
        return result + Array((members.joined(separator: ", ") + "}").utf8)
    }

    // MARK: Failed rows

    /// The failed rows' message fields as CSV, with the batch fields before the header.
    ///
    /// The columns are the fields that any message of the file has.
    func writeFailedJSON(_ merge: inout ResultRowMerge, _ output: inout ResultOutput) throws -> Int {
        let (fields, batchFields) = try self.fieldsInUse()
        let cell = CSVCell(delimiter: UInt8(ascii: ","))
        for line in batchFields.lines { try output.write("# \(line)\n") }
        let names = fields.map(\.name) + ResultColumn.ofFailedRows.map(\.rawValue)
        try output.write(names.joined(separator: ",") + "\n")
        var count = 0
        try self.forEachRecord { number, values in
            guard let row = try merge.row(of: number), row.status == .failed else { return }
            count += 1
            for (position, field) in fields.enumerated() {
                let text = cell.bytes(values[field] ?? "", isGuarded: false)
                try output.write(position == 0 ? text : [cell.delimiter] + text)
            }
            for column in ResultColumn.ofFailedRows {
                try output.write(cell.appended(column.text(of: row) ?? "", isGuarded: true))
            }
            try output.write("\n")
        }
        return count
    }

    private func fieldsInUse() throws -> (fields: [MessageField], batchFields: BatchFields) {
        var isUsed = [Bool](repeating: false, count: MessageField.allCases.count)
        isUsed[MessageField.number.rawValue] = true
        isUsed[MessageField.message.rawValue] = true
        try self.forEachRecord { _, values in
            for field in MessageField.allCases where values[field] != nil { isUsed[field.rawValue] = true }
        }
        let reader = try DropFileReader(
            descriptor: self.descriptor, format: self.format, rules: self.rules, pieceSize: self.pieceSize)
        return (MessageField.allCases.filter { isUsed[$0.rawValue] }, reader.batchFields)
    }

    private func forEachRecord(_ body: (Int, FieldValues) throws -> Void) throws {
        switch self.format {
        case .csv: return
        case .json: try self.forEachRecord(of: JSONRecordReader(self.window()), body)
        case .jsonLines: try self.forEachRecord(of: JSONLinesRecordReader(self.window()), body)
        }
    }

    private func forEachRecord(
        of records: some JSONRecords, _ body: (Int, FieldValues) throws -> Void
    ) throws {
        var records = records
        var fields = JSONFields(maximumField: self.rules.maximumField)
        while try records.next() {
            // A record refused for its form has an empty row: no guess at it may pass when the file is dropped again.
            try? fields.read(records.record, in: records.scanner)
            try body(records.record.number, fields.values)
        }
    }
}

extension BatchFields {
    /// The fields as the lines of a CSV file say them. The leave to take the same bytes twice is not handed on.
    fileprivate var lines: [String] {
        var lines: [String] = []
        if let name = self.name {
            lines.append("name: \(name.split(whereSeparator: \.isNewline).joined(separator: " "))")
        }
        if let device = self.device { lines.append("sessionId: \(device)") }
        if let priority = self.priority { lines.append("priority: \(priority.word)") }
        if let sendAt = self.sendAt { lines.append("sendAt: \(RFC3339.text(sendAt))") }
        if let expiresAt = self.expiresAt { lines.append("expiresAt: \(RFC3339.text(expiresAt))") }
        if self.isStrict { lines.append("strict: true") }
        return lines
    }
}
