import Foundation
import SpoolCore

/// How many of the last strangers have answered. Part of the careful profile.
struct ReplyRatio: Equatable, Codable, Sendable {
    private var answered = 0
    private var of = 0
    /// The least that was reported, so that a person is told once.
    private var told = Told.nothing
    /// A person has taken note: strangers sent before then say nothing any more.
    private(set) var countsFrom: Date?

    private enum Told: String, Codable { case nothing, warning, hold }

    enum Finding: Equatable {
        case warning, hold
    }

    func closure(_ policy: ReplyRatioPolicy) -> Closure? {
        guard self.finding(policy) == .hold else { return nil }
        return Closure(until: .distantFuture, .replyRatio(answered: self.answered, of: self.of))
    }

    var words: String { "only \(self.answered) of the last \(self.of) strangers answered" }

    /// - Parameters:
    ///   - answered: How many of the last `of` messages to strangers since `countsFrom` were answered.
    /// - Returns: What a person has to be told now.
    mutating func judge(answered: Int, of: Int, _ policy: ReplyRatioPolicy) -> Finding? {
        self.answered = answered
        self.of = of
        switch self.finding(policy) {
        case nil:
            self.told = .nothing
            return nil
        case .warning:
            defer { self.told = .warning }
            return self.told == .nothing ? .warning : nil
        case .hold:
            defer { self.told = .hold }
            return self.told == .hold ? nil : .hold
        }
    }

    mutating func takeNote(at now: Date) {
        self = ReplyRatio()
        self.countsFrom = now
    }

    private func finding(_ policy: ReplyRatioPolicy) -> Finding? {
        guard self.of >= max(1, policy.over) else { return nil }
        let share = Double(self.answered) / Double(self.of)
        if let hold = policy.holdBelow, share < hold { return .hold }
        if let warn = policy.warnBelow, share < warn { return .warning }
        return nil
    }
}
