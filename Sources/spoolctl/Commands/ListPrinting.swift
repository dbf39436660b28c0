import SpoolCore

/// Prints a list: a table, or one JSON object a line.
struct ListPrinting {
    let query: ListQuery
    let columns: [Table.Column]
    /// `nil` for all.
    let maximum: Int?
    let isJSON: Bool

    static let dryRunNote = "Dry run: what says sent went nowhere."

    func run(_ source: any QueueSource) async throws(CommandFailure) {
        var table = Table(self.columns)
        var hasDryRun = false
        try await source.forEachPage(of: self.query, maximum: self.maximum) { rows throws(CommandFailure) in
            if self.isJSON {
                try StandardOutput.write(rows.map(TerminalText.json))
            } else {
                try StandardOutput.write(table.lines(rows))
                hasDryRun = hasDryRun || rows.contains { $0["dryRun"]?.isTrue ?? false }
            }
        }
        if hasDryRun { try StandardOutput.write(Self.dryRunNote) }
    }
}
