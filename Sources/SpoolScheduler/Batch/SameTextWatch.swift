public import Foundation
public import SpoolCore

/// To how many strangers a device has sent one text within an hour. Bounded.
public struct SameTextWatch: Equatable, Codable, Sendable {
    private var sends: [Sent] = []

    private struct Sent: Equatable, Codable, Sendable {
        var text: UInt64
        var recipient: UInt64
        var at: Date
    }

    private static let window = 3600.0
    private static let most = 4096

    public init() {}

    /// A message left for a stranger.
    /// - Returns: A concern about its batch when more strangers than allowed got this text; a mere warning once an hour.
    public mutating func record(
        text: TextDigest, to recipient: Recipient, at now: Date, _ policy: SameTextPolicy
    ) -> BatchConcern? {
        guard let most = policy.most, most > 0 else { return nil }
        self.sends.removeAll { now.timeIntervalSince($0.at) >= Self.window }
        let person = TextDigest.fold(recipient.address.utf8)
        let isNew = !self.sends.contains { $0.text == text.value && $0.recipient == person }
        self.sends.append(Sent(text: text.value, recipient: person, at: now))
        self.sends.removeFirst(max(0, self.sends.count - Self.most))
        let people = Set(self.sends.lazy.filter { $0.text == text.value }.map(\.recipient)).count
        guard people > most, policy.holds || (people == most + 1 && isNew) else { return nil }
        return BatchConcern(
            code: .sameText,
            words:
                "the same text went to \(people) strangers within an hour, more than \(most): the service bans for it",
            holds: policy.holds)
    }

    /// A clock that was ahead is right again.
    public mutating func correct(at now: Date) {
        for index in self.sends.indices { self.sends[index].at = min(self.sends[index].at, now) }
    }
}

/// A number that stands for a text as people see it: upper and lower case, accents, widths, punctuation and spaces make
/// no difference.
public struct TextDigest: Hashable, Codable, Sendable {
    let value: UInt64

    public init(_ text: String) {
        self.value = Self.fold(FoldedText(text).value.utf8)
    }

    /// FNV-1a: the same in every process, and nobody gains by a collision.
    static func fold(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
