public import Foundation
public import SpoolCore

/// What would become of a file's rows: fed row by row, then asked. Its memory does not grow with the file beyond a
/// bound.
public struct Plan: Sendable {
    /// One row, with what the queue knows of its recipient.
    public struct Row: Sendable {
        public var candidate: Candidate
        /// The device it names, or the one that knows its recipient.
        public var owner: DeviceID?
        public var text: String
        /// With a `ref` of its own a repetition is meant.
        public var hasRef: Bool

        public init(_ candidate: Candidate, owner: DeviceID?, text: String, hasRef: Bool) {
            self.candidate = candidate
            self.owner = owner
            self.text = text
            self.hasRef = hasRef
        }
    }

    /// The batch that the rows make.
    static let batch = BatchID(rawValue: -1)
    /// The most texts and repetitions that are remembered.
    private static let mostRemembered = 1_000_000

    private let rules: RecipientRules
    private let now: Date
    private var lines: [LineKey: (count: Int, characters: Int)] = [:]
    private var lanes: [Lane: Int] = [:]
    private var refused: [ErrorCode: Int] = [:]
    private var held: [String: Int] = [:]
    /// Strangers by text.
    private var strangers: [TextDigest: Int] = [:]
    private var seen: Set<Repetition> = []

    private struct LineKey: Hashable {
        var user: Int64
        var priority: Priority
        var lane: Lane
        var owner: DeviceID?
        /// Hours since 1970.
        var notBefore: Int?
        var zones: RecipientZones.Key?
    }

    private struct Repetition: Hashable {
        var recipient: Recipient
        var text: TextDigest
    }

    public init(policy: SchedulerPolicy, zones: RecipientZones, now: Date) {
        self.rules = RecipientRules(policy: policy, zones: zones)
        self.now = now
    }

    public mutating func add(_ row: Row) {
        var row = row
        let text = TextDigest(row.text)
        row.candidate.lane = Lane(of: row.candidate.recipient, row.candidate.facts, at: self.now)
        self.lanes[row.candidate.lane, default: 0] += 1
        if !row.hasRef, self.isRepetition(Repetition(recipient: row.candidate.recipient, text: text)) {
            row.candidate.repeatsText = true
        }
        // Quiet hours are the forecast's: it knows when the row's turn comes.
        var rules = self.rules
        rules.policy.quietHours = nil
        switch rules.verdict(for: row.candidate, at: self.now) {
        case .send, .change: self.take(row, text, notBefore: nil)
        case .wait(let until, _): self.take(row, text, notBefore: until)
        case .hold(let code, _, _): self.held[code.rawValue, default: 0] += 1
        case .fail(let code, _), .cancel(let code, _): self.refused[code, default: 0] += 1
        }
    }

    /// A row that cannot be sent at all.
    public mutating func addRefused(_ code: ErrorCode) {
        self.refused[code, default: 0] += 1
    }

    private mutating func isRepetition(_ repetition: Repetition) -> Bool {
        guard self.seen.count < Self.mostRemembered else { return self.seen.contains(repetition) }
        return !self.seen.insert(repetition).inserted
    }

    private mutating func take(_ row: Row, _ text: TextDigest, notBefore: Date?) {
        let candidate = row.candidate
        if candidate.lane == .cold, self.strangers.count < Self.mostRemembered || self.strangers[text] != nil {
            self.strangers[text, default: 0] += 1
            if self.isTooMany(self.strangers[text] ?? 0) {
                self.held[BatchConcern.Code.sameText.rawValue, default: 0] += 1
                if self.rules.policy.sameText.holds { return }
            }
        }
        let isExempt = candidate.lane == .reply || candidate.recipient.isGroup
        let key = LineKey(
            user: candidate.user, priority: candidate.priority, lane: candidate.lane, owner: row.owner,
            notBefore: notBefore.map { Int(($0.timeIntervalSince1970 / 3600).rounded(.up)) },
            zones: isExempt ? nil : self.rules.zones.key(of: candidate.recipient, named: candidate.timeZone))
        let known = self.lines[key] ?? (0, 0)
        self.lines[key] = (known.count + 1, known.characters + row.text.unicodeScalars.count)
    }

    private func isTooMany(_ strangers: Int) -> Bool {
        self.rules.policy.sameText.most.map { $0 > 0 && strangers > $0 } ?? false
    }

    // MARK: Asking

    /// - Parameters:
    ///   - queue: What is pending now.
    ///   - zone: Of the days.
    public func outlook(devices: [Forecast.Device], queue: [QueueLine], zone: TimeZone) -> Outlook {
        let planned = self.lines.map { key, value in
            QueueLine(
                batch: Self.batch, user: key.user, priority: key.priority, lane: key.lane, owner: key.owner,
                notBefore: key.notBefore.map { Date(timeIntervalSince1970: Double($0) * 3600) }, count: value.count,
                zones: key.zones, characters: value.characters / max(1, value.count))
        }.sorted {
            ($0.lane.rawValue, $0.owner?.rawValue ?? "", $0.count) < (
                $1.lane.rawValue, $1.owner?.rawValue ?? "", $1.count
            )
        }
        let devices = devices.map { device in
            var device = device
            device.state.policy = self.rules.policy
            return device
        }
        let forecast = Forecast(
            devices: devices, lines: queue + planned, zones: self.rules.zones, now: self.now, planned: Self.batch,
            zone: zone)
        return Outlook(
            profile: self.rules.policy.profile, lanes: self.lanes, refused: self.refused,
            held: self.rules.policy.sameText.holds
                ? self.held : self.held.filter { $0.key != BatchConcern.Code.sameText.rawValue },
            warned: self.rules.policy.sameText.holds ? 0 : self.held[BatchConcern.Code.sameText.rawValue] ?? 0,
            days: forecast.days, first: forecast.beginning(of: Self.batch), last: forecast.completion(of: Self.batch),
            neverSent: forecast.neverSent(of: Self.batch))
    }
}

/// What a plan says of a file under one profile.
public struct Outlook: Equatable, Sendable {
    public var profile: SchedulerPolicy.Profile
    /// Rows by how well their recipients know the device.
    public var lanes: [Lane: Int]
    /// Rows that fail at once, by code.
    public var refused: [ErrorCode: Int]
    /// Rows that wait for a person, by code.
    public var held: [String: Int]
    /// Rows whose text goes to so many strangers that a person is warned.
    public var warned: Int
    public var days: [Forecast.Day]
    public var first: Date?
    /// `nil` when one never leaves.
    public var last: Date?
    public var neverSent: Int
}
