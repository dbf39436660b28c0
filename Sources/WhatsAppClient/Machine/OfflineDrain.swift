/// The backlog that waited for a device: announced by a preview, sent in portions as the device asks, ended by a marker.
struct OfflineDrain: Hashable, Sendable {
    static let batchSize = 200
    /// Asking once more is harmless, so it is done when nothing came for this long before the end.
    static let askAgainAfter = Duration.seconds(5)
    /// A server that sends no end has nothing more after this time.
    static let quietLimit = Duration.seconds(60)

    enum Verdict: Hashable, Sendable {
        case nothing
        /// Ask for the next portion.
        case ask
        /// All is there.
        case drained
    }

    private var isActive = false
    private var isAnnounced = false
    private var hasEnded = false
    private var isReported = false
    private var leftInBatch = 0
    private var askAt: Duration?
    private var endsAt: Duration?

    var deadline: Duration? {
        guard self.isActive, !self.isReported else { return nil }
        return [self.askAt, self.endsAt].compactMap { $0 }.min()
    }

    /// The device is active now: what waited may come.
    mutating func activated(_ now: Duration) -> Verdict {
        self.isActive = true
        self.endsAt = now + Self.quietLimit
        return self.hasEnded ? self.report() : self.ask(now)
    }

    /// `offline_preview`; it may come before the device is active.
    mutating func announced(count: Int, _ now: Duration) -> Verdict {
        guard count > 0, !self.hasEnded else { return .nothing }
        self.isAnnounced = true
        return self.ask(now)
    }

    /// A stanza of the backlog.
    mutating func received(_ now: Duration) -> Verdict {
        guard self.isActive, !self.hasEnded else { return .nothing }
        self.endsAt = now + Self.quietLimit
        self.leftInBatch -= 1
        guard self.isAnnounced else { return .nothing }
        if self.leftInBatch <= 0 { return self.ask(now) }
        self.askAt = now + Self.askAgainAfter
        return .nothing
    }

    /// `offline`: nothing more will come.
    mutating func ended() -> Verdict {
        self.hasEnded = true
        return self.isActive ? self.report() : .nothing
    }

    mutating func reached(_ now: Duration) -> Verdict {
        guard self.isActive, !self.isReported else { return .nothing }
        if let endsAt, now >= endsAt { return self.ended() }
        if let askAt, now >= askAt { return self.ask(now) }
        return .nothing
    }

    private mutating func ask(_ now: Duration) -> Verdict {
        guard self.isActive, self.isAnnounced else { return .nothing }
        self.leftInBatch = Self.batchSize
        self.askAt = now + Self.askAgainAfter
        return .ask
    }

    private mutating func report() -> Verdict {
        guard !self.isReported else { return .nothing }
        self.isReported = true
        return .drained
    }
}
