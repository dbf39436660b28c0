import SpoolCore

/// Which messages a list shows; every condition has to hold.
struct MessageConditions: Equatable, Sendable {
    var status: MessageState?
    var device: String?
    var batch: Int64?
    var number: String?
    var ref: String?
    /// The first day, in the configured zone.
    var from: CalendarDay?
    /// The last day.
    var to: CalendarDay?
}

/// A list that can be asked for.
enum ListQuery: Equatable, Sendable {
    case queue(MessageConditions)
    case history(MessageConditions)
    case batches
    case keys
}

/// One page of a list, each row as the daemon's API shows it.
struct ListPage: Equatable, Sendable {
    var rows: [JSONValue]
    /// Where the next page begins; `nil` on the last.
    var next: String?
}

/// Whom the reading commands ask: the running daemon, or without it the queue's database.
protocol QueueSource: Sendable {
    /// - Parameter limit: 1 to 1000.
    func page(of list: ListQuery, after cursor: String?, limit: Int) async throws(CommandFailure) -> ListPage

    /// A message with its attempts; `nil` when there is none.
    func message(_ id: Int64) async throws(CommandFailure) -> JSONValue?

    /// The batch made from a drop file, with `results`; `nil` while there is none.
    func submission(_ submission: Submission) async throws(CommandFailure) -> JSONValue?

    /// The daemon's state, as far as this source knows.
    func status() async throws(CommandFailure) -> JSONValue
}

extension QueueSource {
    /// The number of the latest batch, 0 when there is none.
    func highestBatch() async throws(CommandFailure) -> Int64 {
        try await self.page(of: .batches, after: nil, limit: 1).rows.first?["batchId"]?.integer ?? 0
    }

    /// Hands a list over page by page, at most `maximum` rows; `nil` for all.
    func forEachPage(
        of list: ListQuery, maximum: Int?, _ body: ([JSONValue]) throws(CommandFailure) -> Void
    ) async throws(CommandFailure) {
        var left = maximum ?? .max
        var cursor: String?
        repeat {
            let page = try await self.page(of: list, after: cursor, limit: min(left, 1000))
            try body(Array(page.rows.prefix(left)))
            left -= min(left, page.rows.count)
            cursor = page.next
        } while cursor != nil && left > 0
    }
}
