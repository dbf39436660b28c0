public import Foundation
public import SpoolCore

/// To how many strangers a device has sent one text within an hour. Bounded.
public struct SameTextWatch: Equatable, Codable, Sendable {
    /// By text, oldest first.
    private var people: [TextDigest: [Sent]] = [:]
    private var sinceSweep = 0

    private struct Sent: Equatable, Codable, Sendable {
        var person: UInt64
        var at: Date
    }

    private static let window = 3600.0
    private static let mostOfText = 500
    private static let mostTexts = 2000

    public init() {}

    /// A message left for a stranger.
    /// - Returns: A concern about its batch when more strangers than allowed got this text; a mere warning once an hour.
    public mutating func record(
        text: TextDigest, to recipient: Recipient, at now: Date, _ policy: SameTextPolicy
    ) -> BatchConcern? {
        guard let most = policy.most, most > 0 else { return nil }
        self.sweep(at: now)
        let person = TextDigest.fold(recipient.address.utf8)
        var sends = self.people[text, default: []]
        sends.removeAll { now.timeIntervalSince($0.at) >= Self.window || $0.person == person }
        let before = self.people[text]?.count { now.timeIntervalSince($0.at) < Self.window } ?? 0
        sends.append(Sent(person: person, at: now))
        self.people[text] = Array(sends.suffix(Self.mostOfText))
        guard sends.count > most, policy.holds || before <= most else { return nil }
        return BatchConcern(
            code: .sameText,
            words: "the same text went to \(sends.count) strangers within an hour, more than \(most): "
                + "the service bans for it",
            holds: policy.holds)
    }

    /// A clock that was ahead is right again.
    public mutating func correct(at now: Date) {
        for text in self.people.keys {
            self.people[text] = self.people[text]?.map { Sent(person: $0.person, at: min($0.at, now)) }
        }
    }

    /// Now and then forgets the texts of which nothing is left.
    private mutating func sweep(at now: Date) {
        self.sinceSweep += 1
        guard self.sinceSweep >= Self.mostTexts else { return }
        self.sinceSweep = 0
        self.people = self.people.filter { _, sends in
            sends.last.map { now.timeIntervalSince($0.at) < Self.window } ?? false
        }
        guard self.people.count > Self.mostTexts else { return }
        let latest = self.people.sorted {
            ($0.value.last?.at ?? now, $0.key.value) > ($1.value.last?.at ?? now, $1.key.value)
        }
        self.people = Dictionary(uniqueKeysWithValues: latest.prefix(Self.mostTexts).map { ($0.key, $0.value) })
    }
}
