import CAllocationCount
import SpoolCore

/// Two pieces of work timed in turn, so that both meet the same machine.
struct Comparison {
    /// Seconds an operation took, median of the rounds.
    let ours: Double
    let reference: Double
    /// Allocations of one of our operations.
    let allocations: Double

    /// Time of ours in times of the reference.
    var ratio: Double { self.ours / self.reference }

    /// How often each of the two is called in all.
    static func calls(rounds: Int = 9, operations: Int) -> Int {
        self.warmUp(operations) + (rounds + 1) * operations
    }

    private static func warmUp(_ operations: Int) -> Int { max(1, operations / 10) }

    /// - Parameters:
    ///   - rounds: how often each is timed; each time for `operations` operations.
    init(
        rounds: Int = 9, operations: Int, ours: () throws -> Void, reference: () throws -> Void
    ) throws {
        var own: [Double] = []
        var other: [Double] = []
        for _ in 0..<Self.warmUp(operations) {
            try ours()
            try reference()
        }
        let before = spool_allocation_count()
        for _ in 0..<operations { try ours() }
        self.allocations = Double(spool_allocation_count() - before) / Double(operations)
        for _ in 0..<rounds {
            own.append(try Self.time(operations, ours))
            other.append(try Self.time(operations, reference))
        }
        self.ours = own.sorted()[rounds / 2]
        self.reference = other.sorted()[rounds / 2]
    }

    private static func time(_ operations: Int, _ work: () throws -> Void) throws -> Double {
        let start = ContinuousClock.now
        for _ in 0..<operations { try work() }
        return (ContinuousClock.now - start).seconds / Double(operations)
    }
}
