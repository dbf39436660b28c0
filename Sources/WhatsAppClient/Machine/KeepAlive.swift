/// Whether the other side is still there: pings at random intervals, and two limits of silence.
struct KeepAlive: Hashable, Sendable {
    static let interval = 20.0...30.0
    /// A ping without an answer after this time counts as missed.
    static let answerTime = Duration.seconds(10)
    /// With no ping answered for so long the connection is given up, whatever else arrives.
    static let pingLimit = Duration.seconds(180)
    /// With something asked and not a byte received for so long, too.
    static let silenceLimit = Duration.seconds(60)

    enum Verdict: Hashable, Sendable {
        case fine
        case ping
        /// The last ping was not answered in time; how many in a row that makes.
        case missed(Int)
        case dead(DisconnectReason.Silence)
    }

    private var nextPing: Duration
    private var answerDue: Duration?
    private var lastAnswer: Duration
    private var missed = 0
    /// When the first thing was asked since the last byte came.
    private var askedAt: Duration?

    init(now: Duration, using generator: inout some RandomNumberGenerator) {
        self.lastAnswer = now
        self.nextPing = now + Self.pause(using: &generator)
    }

    var deadline: Duration {
        [self.answerDue, self.askedAt.map { $0 + Self.silenceLimit }].compactMap { $0 }
            .reduce(min(self.nextPing, self.lastAnswer + Self.pingLimit), min)
    }

    mutating func received() {
        self.askedAt = nil
    }

    mutating func asked(now: Duration) {
        self.askedAt = self.askedAt ?? now
    }

    /// Any answer will do, errors too.
    mutating func pingAnswered(now: Duration) {
        self.answerDue = nil
        self.missed = 0
        self.lastAnswer = now
    }

    /// What is due; ask again until everything is fine.
    mutating func reached(_ now: Duration, using generator: inout some RandomNumberGenerator) -> Verdict {
        if let askedAt, now >= askedAt + Self.silenceLimit { return .dead(.deadSocket) }
        if now >= self.lastAnswer + Self.pingLimit { return .dead(.keepAlive) }
        if let answerDue, now >= answerDue {
            self.answerDue = nil
            self.missed += 1
            return .missed(self.missed)
        }
        guard now >= self.nextPing else { return .fine }
        self.nextPing = now + Self.pause(using: &generator)
        self.answerDue = now + Self.answerTime
        self.asked(now: now)
        return .ping
    }

    private static func pause(using generator: inout some RandomNumberGenerator) -> Duration {
        .seconds(Double.random(in: self.interval, using: &generator))
    }
}
