import SpoolCore

/// The rows of a CSV file.
struct CSVRows: RowSource {
    let batchFields: BatchFields

    private let header: CSVHeader
    private let columns: [(field: MessageField, index: Int)]
    private let builder: MessageBuilder
    private let maximumField: Int
    private var reader: CSVRecordReader
    private var values = FieldValues()

    init(_ window: FileWindow, rules: ReadingRules) throws(DropFileError) {
        var reader = try CSVRecordReader(window)
        self.batchFields = try reader.opening.batchFields(rules: rules)
        let header = try CSVHeader(&reader)
        self.columns = MessageField.allCases.compactMap { field in header.mapping[field].map { (field, $0) } }
        self.header = header
        self.builder = MessageBuilder(rules: rules, defaults: self.batchFields)
        self.maximumField = rules.maximumField
        self.reader = reader
    }

    mutating func next() throws(DropFileError) -> DropRow? {
        guard try self.reader.next() else {
            guard self.reader.count > 1 else {
                throw .refused(
                    Refusal(.emptyFile, "The file has a header and no rows"), line: nil, isIncomplete: true)
            }
            return nil
        }
        return DropRow(record: self.reader.count - 1, line: self.reader.line, content: self.content())
    }

    private mutating func content() -> DropRow.Content {
        if let refusal = self.formRefusal() { return .refused(refusal) }
        for (field, index) in self.columns {
            self.values[field] = index < self.reader.cells.count ? self.reader.text(self.reader.cells[index]) : nil
        }
        return self.builder.content(of: self.values)
    }

    /// What is wrong with the record whatever its cells say.
    private func formRefusal() -> Refusal? {
        if self.reader.isMalformed {
            return Refusal(
                .validation, "A cell has text behind its closing quote: write a quote inside a quoted cell twice")
        }
        if self.reader.length > self.maximumField,
            let index = self.reader.cells.firstIndex(where: { $0.content.count > self.maximumField })
        {
            let field = self.columns.first { $0.index == index }?.field.name
            return Refusal(.tooLarge, "Cell \(index + 1) is longer than \(self.maximumField) bytes", field: field)
        }
        let surplus = self.reader.cells.dropFirst(self.header.names.count)
        if surplus.contains(where: { !$0.content.isEmpty }) {
            return Refusal(
                .extraColumns,
                "The row has \(self.reader.cells.count) cells, the header \(self.header.names.count): "
                    + "does a text with the delimiter in it lack its quotes?")
        }
        return nil
    }
}
