import Foundation
import Testing

/// Whatever happens to connections and to the daemon, every text is read by its recipient once.
@Suite(.serialized)
struct InterruptedSendingTests {
    private static func seed() -> UInt64 {
        ProcessInfo.processInfo.environment["SPOOL_SEED"].flatMap { UInt64($0) } ?? .random(in: 1...UInt64(UInt32.max))
    }

    @Test(.timeLimit(.minutes(10)))
    func `three hundred texts survive cut connections and a killed daemon`() async throws {
        let sending = InterruptedSending(rows: 300, recipients: 30, cuts: 3, kills: 2, seed: Self.seed())
        print("interrupted sending with SPOOL_SEED=\(sending.seed)")
        try await sending.run(patience: .seconds(300))
    }

    @Test(.timeLimit(.minutes(15)), .enabled(if: LongTests.areOn, "set SPOOL_LONG_TESTS=1"))
    func `ten thousand texts survive thirty cuts and ten kills`() async throws {
        let sending = InterruptedSending(rows: 10_000, recipients: 1000, cuts: 30, kills: 10, seed: Self.seed())
        print("interrupted sending with SPOOL_SEED=\(sending.seed)")
        try await sending.run(patience: .seconds(300))
    }
}
