import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct DuplicateRefTests {
    private let test: TestQueue
    private let now = TestQueue.noon

    init() throws {
        self.test = try TestQueue()
    }

    /// The refusals of a batch with one row of this ref.
    private func refusals(ofRef ref: String, in batch: Int64, user: UserName = .default) async throws -> [Refusal] {
        try await self.test.add([request(1, ref: ref), request(2)], as: batch, user: user)
        return try await self.test.reader.importAnswer(for: BatchID(rawValue: batch))?.refusals.map(\.refusal) ?? []
    }

    @Test func `a ref is taken once within a file`() async throws {
        let ids = try await self.test.add([request(1, ref: "a"), request(2, ref: "a"), request(3, ref: "A")], as: 1)
        #expect(ids.count == 2)
        let first = try #require(ids.first)
        let answer = try #require(try await self.test.reader.importAnswer(for: BatchID(rawValue: 1)))
        #expect(
            answer.refusals == [
                ImportAnswer.Row(
                    line: 3,
                    refusal: Refusal(
                        .duplicateRef,
                        "message \(first) already has this ref and has not failed; give a new message a ref of its own",
                        field: "ref"))
            ])
        #expect((answer.batch.pending, answer.batch.refused) == (2, 1))
    }

    @Test func `a ref is taken once across files`() async throws {
        try await self.test.add([request(1, ref: "a")], as: 1)
        #expect(try await self.refusals(ofRef: "a", in: 2).map(\.code) == [.duplicateRef])
    }

    @Test func `a ref belongs to its user`() async throws {
        try await self.test.queue.addUser(.shop, now: self.now)
        try await self.test.add([request(1, ref: "a")], as: 1)
        #expect(try await self.refusals(ofRef: "a", in: 2, user: .shop).isEmpty)
        #expect(try await self.refusals(ofRef: "a", in: 3, user: .shop).count == 1)
    }

    @Test func `rows without a ref are never duplicates`() async throws {
        #expect(try await self.test.add([request(1), request(1), request(1)], as: 1).count == 3)
    }

    @Test func `a message that is sent or cancelled keeps its ref`() async throws {
        let ids = try await self.test.add([request(1, ref: "a"), request(2, ref: "b")], as: 1)
        try await self.test.process(.sent(at: self.now))
        _ = try await self.test.queue.cancel(.message(ids[1]), now: self.now)
        #expect(try await self.refusals(ofRef: "a", in: 2).count == 1)
        #expect(try await self.refusals(ofRef: "b", in: 3).count == 1)
    }

    @Test func `a failed message gives its ref back, once`() async throws {
        try await self.test.add([request(1, ref: "a")], as: 1)
        try await self.test.process(.failed(.rejected, error: "No"))
        #expect(try await self.refusals(ofRef: "a", in: 2).isEmpty)
        #expect(try await self.refusals(ofRef: "a", in: 3).count == 1)
    }

    @Test func `a message that failed uncertain keeps its ref`() async throws {
        try await self.test.add([request(1, ref: "a")], as: 1)
        try await self.test.process(.uncertain(detail: "No answer"))
        try await self.test.queue.resolveUncertain(of: .first, since: self.now, policy: .fail, now: self.now) { _, _ in
            nil
        }
        #expect(try await self.refusals(ofRef: "a", in: 2).count == 1)
    }

    @Test(arguments: [UncertainPolicy.resend, .hold])
    func `a message keeps its ref when it fails for another reason after an uncertain attempt`(
        policy: UncertainPolicy
    ) async throws {
        let late = self.now + .seconds(600)
        try await self.test.add(
            [request(1, ref: "a", expiresAt: self.now + .seconds(60)), request(2, ref: "b")], as: 1)
        for _ in 1...2 { try await self.test.process(.uncertain(detail: "No answer")) }
        try await self.test.queue.resolveUncertain(of: .first, since: self.now, policy: policy, now: self.now) { _, _ in
            late
        }
        #expect(try await self.test.queue.expire(now: late) == 1)
        #expect(try await self.test.queue.failOrphans(known: [], now: late) == 1)
        #expect(try await self.test.batch(1)?.failedMessages == 2)
        #expect(try await self.refusals(ofRef: "a", in: 2).count == 1)
        #expect(try await self.refusals(ofRef: "b", in: 3).count == 1)
    }

    @Test func `an attempt left uncertain by a lost device keeps the ref`() async throws {
        try await self.test.add([request(1, ref: "a")], as: 1)
        try await self.test.process(.uncertain(detail: "No answer"))
        #expect(try await self.test.queue.failOrphans(known: [.second], now: self.now) == 1)
        #expect(try await self.refusals(ofRef: "a", in: 2).count == 1)
    }
}
