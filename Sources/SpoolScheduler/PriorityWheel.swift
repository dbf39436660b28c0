public import SpoolCore

/// Whose turn it is among priorities: of 21 messages 16 high, 4 normal and 1 low when all wait, so that none starves.
///
/// Every message moves its priority on by a step, the longer the less it weighs; who is furthest behind goes first. A
/// priority with nothing waiting falls behind by no more than one round.
public struct PriorityWheel: Equatable, Sendable {
    private var position: [Int]
    private let longestLag: Int

    private static let steps = [1, 4, 16]

    /// Its part of 21.
    static func weight(of priority: Priority) -> Double {
        Double(Self.steps[Priority.low.rawValue]) / Double(Self.steps[priority.rawValue])
    }

    /// - Parameter burst: The most messages of one claim, which all go by one order; a round is as many times longer.
    public init(burst: Int = 1) {
        self.position = Self.steps
        self.longestLag = Self.steps[Priority.low.rawValue] * max(1, min(burst, 1 << 20))
    }

    /// In which order the next claim looks at the priorities.
    public var order: [Priority] {
        Priority.allCases.sorted {
            (self.position[$0.rawValue], $0.rawValue) < (self.position[$1.rawValue], $1.rawValue)
        }
    }

    /// A message of this priority has left.
    public mutating func recordSend(_ priority: Priority) {
        let earliest = self.position[priority.rawValue] - self.longestLag
        self.position[priority.rawValue] += Self.steps[priority.rawValue]
        for index in self.position.indices { self.position[index] = max(self.position[index], earliest) }
    }
}
