import Foundation
import SpoolCore
import SpoolQueue

/// A queue as `ClaimBenchmark` fills and claims it.
struct ClaimQueue {
    let database: QueueDatabase
    let messages: Int
    let batches: Int
    let users: Int
    let waiting: Int

    private static let device = DeviceID(rawValue: "dev1")
    private static let start = Date(milliseconds: 1_800_014_400_000)
    private var queue: MessageQueue { MessageQueue(self.database) }

    /// Makes the batches, the first half with one message each; the first large ones begin with recipients who wait or are
    /// listed.
    func fill() async throws {
        let names = try (0..<self.users).map { index in
            guard let name = UserName(rawValue: "user\(index)") else { throw BenchmarkError("no user name") }
            return name
        }
        for name in names { try await self.queue.addUser(name, now: Self.start) }
        let small = self.batches / 2
        let large = self.batches - small
        let heads = min(10, large)
        var number = 0
        for batch in 0..<self.batches {
            let count = batch < small ? 1 : (self.messages - small) / large
            let rows = (1...max(1, count)).map { record in
                number += 1
                let isAtHead = (small..<small + heads).contains(batch) && record <= 2 * self.waiting / heads
                return ImportRow(
                    record: record, line: record + 1, content: .success(self.request(number, isAtHead: isAtHead)))
            }
            try await self.add(rows, self.seed(Int64(batch + 1), names[batch % names.count]))
        }
    }

    /// Lists numbers behind the queue's back, as a list that came after the import: they are found when looked at.
    static let listing = """
        INSERT INTO suppression (userId, number, addedAt, source)
        SELECT userId, number, 0, 'benchmark' FROM message WHERE number LIKE '92301%'
        ON CONFLICT DO NOTHING
        """

    private func add(_ rows: [ImportRow], _ seed: BatchSeed) async throws {
        var rest = rows[...]
        while rest.count > 5000 {
            try await self.queue.append(Array(rest.prefix(5000)), to: seed, now: Self.start)
            rest = rest.dropFirst(5000)
        }
        try await self.queue.finishImport(Array(rest), of: seed, isStrict: false, now: Self.start)
    }

    private func request(_ number: Int, isAtHead: Bool) -> MessageRequest {
        let prefix = isAtHead ? (number.isMultiple(of: 2) ? Self.listed : Self.waits) : "92300"
        return MessageRequest(
            recipient: .phone("\(prefix)\(1_000_000 + number)"),
            text: "Hello, your order #\(number) has been shipped today.", ref: "order-\(number)")
    }

    private static let listed = "92301"
    private static let waits = "92302"

    private func seed(_ id: Int64, _ user: UserName) -> BatchSeed {
        let file = DropFileName("batch\(id).csv")
        return BatchSeed(
            id: BatchID(rawValue: id), user: user, file: file, results: file, format: "csv", digest: nil,
            inode: UInt64(bitPattern: id), takenAt: Self.start, original: file.description, isDryRun: false)
    }

    /// Claims until those at the head are out of the way.
    /// - Returns: How long each call took, in seconds.
    func drainHead() async throws -> [Double] {
        var times: [Double] = []
        var left = 2 * self.waiting / 10 * 10
        while left > 0 {
            let (seconds, claim) = try await self.timedClaim()
            guard claim.messages.count == 1 || claim.hasMore else { throw BenchmarkError("the head was not found") }
            left -= claim.others.count
            if !claim.others.isEmpty { times.append(seconds) }
        }
        return times
    }

    /// Claims one message.
    /// - Returns: How long it took, in seconds.
    func claim() async throws -> Double {
        let (seconds, claim) = try await self.timedClaim()
        guard claim.messages.count == 1 || claim.hasMore else { throw BenchmarkError("a claim has found nothing") }
        return seconds
    }

    private func timedClaim() async throws -> (seconds: Double, Claim) {
        let begin = ContinuousClock.now
        let claim = try await self.queue.claim(
            upTo: 1, for: Self.device, order: [.high, .normal, .low], lanes: Set(Lane.allCases), takesUnowned: true,
            lease: .seconds(300), now: Self.start.addingTimeInterval(1),
            makeWireID: { WireMessageID(rawValue: UUID().uuidString) }, decide: Self.decide)
        return ((ContinuousClock.now - begin).seconds, claim)
    }

    @Sendable private static func decide(_ candidate: Candidate) -> Verdict {
        if candidate.facts.isSuppressed { return .fail(.suppressed, error: "On the suppression list") }
        guard candidate.recipient.address.hasPrefix(Self.waits) else { return .send }
        return .wait(until: Self.start.addingTimeInterval(3600), reason: "benchmark: waits")
    }
}
