import SpoolCore

/// The columns that a result file adds to the client's own, in order.
enum ResultColumn: String, CaseIterable, Sendable {
    case queueId, status, messageId, sessionId, sentAt, deliveredAt, readAt, errorCode, error
    /// Only in a dry run, where `sent` means that nothing was.
    case dryRun

    /// What the column says of a row; `nil` where nothing is known.
    func text(of row: ResultRow) -> String? {
        switch self {
        case .queueId: row.queueID?.description
        case .status: row.status.rawValue
        case .messageId: row.wireID?.rawValue
        case .sessionId: row.device?.rawValue
        case .sentAt: row.sentAt.map(RFC3339.text)
        case .deliveredAt: row.deliveredAt.map(RFC3339.text)
        case .readAt: row.readAt.map(RFC3339.text)
        case .errorCode: row.errorCode?.rawValue
        case .error: row.error
        case .dryRun: "true"
        }
    }

    /// Whether the text is a number or truth value of our own making, which needs neither quotes nor a guard.
    var isBare: Bool { self == .queueId || self == .dryRun }

    /// The columns of a result file.
    static func all(isDryRun: Bool) -> [ResultColumn] {
        Self.allCases.filter { isDryRun || $0 != .dryRun }
    }

    /// The names of the columns beside the client's: one that the client uses gets `spoold_` in front.
    ///
    /// Names are compared as field names are, without case, `_`, `-` and spaces.
    static func names(of columns: [ResultColumn], beside clientNames: some Sequence<[UInt8]>) -> [String] {
        let taken = Set(clientNames.map { FieldName.folded($0) })
        return columns.map { column in
            var name = column.rawValue
            while taken.contains(FieldName.folded(name.utf8)) { name = "spoold_" + name }
            return name
        }
    }

    /// The columns that a file of failed rows adds.
    static let ofFailedRows: [ResultColumn] = [.errorCode, .error]
}
