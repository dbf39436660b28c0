import SpoolCore

/// The column names of a CSV file, and which of them are message fields.
struct CSVHeader: Sendable {
    let names: [String]
    let mapping: FieldMapping

    /// Reads the header record.
    init(_ reader: inout CSVRecordReader) throws(DropFileError) {
        guard try reader.next() else {
            throw .refused(Refusal(.emptyFile, "The file has no header and no rows"), line: nil, isIncomplete: true)
        }
        guard !reader.isMalformed else {
            throw .refused(.validation, "The header has text behind a closing quote", line: reader.line)
        }
        self.names = reader.cells.map { reader.text($0).trimmingSpaces }
        var mapping = FieldMapping()
        for (position, name) in self.names.enumerated() { mapping.add(name.utf8, at: position) }
        self.mapping = mapping
        try self.check(line: reader.line)
    }

    private func check(line: Int) throws(DropFileError) {
        if let (field, first, second) = self.mapping.clash {
            throw .refused(
                FieldMapping.refusal(field, self.names[first], self.names[second]), line: line, isIncomplete: false)
        }
        guard self.mapping[.number] == nil else { return }
        let found = self.names.prefix(12).map(\.quotedBriefly).joined(separator: ", ")
        let accepted = ([MessageField.number.name] + MessageField.number.aliases).joined(separator: ", ")
        throw .refused(
            .validation, "The header has no column for the phone number: found \(found); accepted are \(accepted)",
            field: MessageField.number.name, line: line)
    }
}
