import SpoolCore

extension ResultFileWriter {
    /// The client's cells as they stand, then ours.
    func writeCSVResult(_ merge: inout ResultRowMerge, _ output: inout ResultOutput) throws {
        var copy = try CSVCopy(self.window(), &output)
        let columns = ResultColumn.all(isDryRun: self.isDryRun)
        let width = copy.widthWithoutEarlierErrors
        let names = ResultColumn.names(of: columns, beside: copy.names.prefix(width))
        try copy.writeHeader(width: width, adding: names, &output)
        while try copy.reader.next() {
            let record = copy.reader.count - 1
            guard let row = try merge.row(of: record) else { throw ResultFileError.missingRow(record: record) }
            try copy.writeOwnCells(width: width, &output)
            for column in columns {
                let text = column.text(of: row) ?? ""
                try output.write(copy.cell.appended(text, isGuarded: !column.isBare))
            }
            try output.write(copy.lineEnd)
        }
    }

    /// The failed rows, with the batch-field lines, so that dropping the file again means the same.
    func writeFailedCSV(_ merge: inout ResultRowMerge, _ output: inout ResultOutput) throws -> Int {
        var copy = try CSVCopy(self.window(), &output)
        for (_, line) in copy.reader.opening.batchLines {
            try output.write(line)
            try output.write(copy.lineEnd)
        }
        let width = copy.widthWithoutEarlierErrors
        try copy.writeHeader(width: width, adding: ResultColumn.ofFailedRows.map(\.rawValue), &output)
        var count = 0
        while try copy.reader.next() {
            guard let row = try merge.row(of: copy.reader.count - 1), row.status == .failed else { continue }
            count += 1
            try copy.writeOwnCells(width: width, &output)
            for column in ResultColumn.ofFailedRows {
                try output.write(copy.cell.appended(column.text(of: row) ?? "", isGuarded: true))
            }
            // Without its surplus cells, a cut-off text would pass for a whole one when the file is dropped again.
            try copy.writeSurplusCells(&output)
            try output.write(copy.lineEnd)
        }
        return count
    }
}

/// Copies the records of a CSV file byte for byte.
private struct CSVCopy {
    var reader: CSVRecordReader
    /// The column names as bytes.
    let names: [[UInt8]]
    let cell: CSVCell
    let lineEnd: [UInt8]

    /// How many columns are the client's own: those that an earlier file of failed rows added make room for new ones.
    var widthWithoutEarlierErrors: Int {
        let isRepeated = self.names.suffix(2).map { FieldName.folded($0) }
            .elementsEqual(ResultColumn.ofFailedRows.map { FieldName.folded($0.rawValue.utf8) })
        return isRepeated ? self.names.count - 2 : self.names.count
    }

    /// Opens the original and writes what comes before everything else: byte order mark and `sep=` line.
    init(_ window: FileWindow, _ output: inout ResultOutput) throws {
        self.reader = try CSVRecordReader(window)
        self.names = try CSVHeader(&self.reader).names.map { Array($0.utf8) }
        self.cell = CSVCell(delimiter: self.reader.opening.delimiter)
        self.lineEnd = self.reader.lineEnd.isEmpty ? [0x0A] : self.reader.lineEnd
        if self.reader.opening.hasByteOrderMark { try output.write(byteOrderMark) }
        if let delimiter = self.reader.opening.namedDelimiter {
            try output.write(Array("sep=".utf8) + [delimiter] + self.lineEnd)
        }
    }

    func writeHeader(width: Int, adding names: [String], _ output: inout ResultOutput) throws {
        try self.writeOwnCells(width: width, &output)
        for name in names { try output.write(self.cell.appended(name, isGuarded: false)) }
        try output.write(self.lineEnd)
    }

    /// The current record's first `width` cells, with empty ones where it has fewer.
    func writeOwnCells(width: Int, _ output: inout ResultOutput) throws {
        let cells = self.reader.cells.prefix(width)
        try output.write(self.reader.window.slice(0..<(cells.last?.end ?? 0)))
        try output.write(repeatElement(self.cell.delimiter, count: width - max(1, cells.count)))
    }

    /// The current record's cells beyond the header, unless all are empty.
    func writeSurplusCells(_ output: inout ResultOutput) throws {
        let surplus = self.reader.cells.dropFirst(self.names.count)
        guard surplus.contains(where: { !$0.content.isEmpty }) else { return }
        let start = self.reader.cells[self.names.count - 1].end
        try output.write(self.reader.window.slice(start..<self.reader.length))
    }
}
