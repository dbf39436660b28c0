import SpoolCore

/// The rows of a JSON or JSON Lines file.
struct JSONRows<Records: JSONRecords>: RowSource {
    let batchFields: BatchFields

    private let builder: MessageBuilder
    private var records: Records
    private var fields: JSONFields

    init(_ records: Records, batchFields: BatchFields, rules: ReadingRules) {
        self.batchFields = batchFields
        self.builder = MessageBuilder(rules: rules, defaults: batchFields)
        self.records = records
        self.fields = JSONFields(maximumField: rules.maximumField)
    }

    mutating func next() throws(DropFileError) -> DropRow? {
        guard try self.records.next() else {
            guard self.records.record.number > 0 else { throw .refused(.emptyFile, "The file has no messages") }
            return nil
        }
        let record = self.records.record
        return DropRow(record: record.number, line: record.line, content: self.content())
    }

    private mutating func content() -> DropRow.Content {
        do {
            try self.fields.read(self.records.record, in: self.records.scanner)
        } catch {
            return .refused(error)
        }
        return self.builder.content(of: self.fields.values)
    }
}
