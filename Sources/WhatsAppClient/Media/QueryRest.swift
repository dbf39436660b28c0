/// When something may be asked for again after the server has said that it was asked too much: after 1 min, doubling to
/// 1 h.
struct QueryRest: Sendable {
    private static let first = Duration.seconds(60)
    private static let longest = Duration.seconds(3600)

    private var last = Duration.zero
    /// On the session's clock.
    private var ends: Duration?

    /// How long is left, if anything is.
    func remaining(_ now: Duration) -> Duration? { self.ends.flatMap { $0 > now ? $0 - now : nil } }

    mutating func begin(_ now: Duration, atLeast backoff: Duration?) {
        self.last = self.last == .zero ? Self.first : min(self.last * 2, Self.longest)
        self.ends = now + max(self.last, backoff ?? .zero)
    }

    mutating func succeeded() {
        self = QueryRest()
    }
}
