public import Foundation

/// What was wrong about something a client sent. A run without complaints is one the real service would have liked.
public struct Complaint: Sendable, Hashable {
    public let time: Date
    /// Who sent it: a device (`15550001111:1`), or a connection of which that is not known.
    public let sender: String
    /// The tag and id of the stanza, as far as there were any.
    public let tag: String
    public let id: String
    /// One sentence without full stop.
    public let reason: String
    /// What the client was answered, such as `ack error 479`; empty when it was let pass.
    public let answer: String

    public init(time: Date, sender: String, tag: String, id: String, reason: String, answer: String) {
        self.time = time
        self.sender = sender
        self.tag = tag
        self.id = id
        self.reason = reason
        self.answer = answer
    }
}

extension Complaint: CustomStringConvertible {
    public var description: String {
        "\(self.sender): <\(self.tag) id=\"\(self.id)\">: \(self.reason)"
            + (self.answer.isEmpty ? "" : " (\(self.answer))")
    }
}

/// The complaints of a run, in their order; the oldest go when there are very many.
struct ComplaintLog: Sendable {
    static let limit = 10_000

    private(set) var entries: [Complaint] = []
    /// How many there ever were.
    private(set) var total = 0

    mutating func append(_ complaint: Complaint) {
        if self.entries.count == Self.limit { self.entries.removeFirst(Self.limit / 2) }
        self.entries.append(complaint)
        self.total += 1
    }
}
