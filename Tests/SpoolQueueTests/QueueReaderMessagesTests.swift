import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct QueueReaderMessagesTests {
    private let test: TestQueue
    private let now = TestQueue.noon

    init() throws {
        self.test = try TestQueue()
    }

    private func list(_ filter: MessageFilter) async throws -> [QueueID] {
        try await self.test.reader.messages(filter, limit: 1000).elements.map(\.id)
    }

    /// All pages of the list, one after the other.
    private func pages(
        _ filter: MessageFilter, limit: Int, between: (Int) async throws -> Void = { _ in }
    ) async throws -> [[QueueID]] {
        var pages: [[QueueID]] = []
        var cursor: PageCursor?
        repeat {
            let page = try await self.test.reader.messages(filter, after: cursor, limit: limit)
            pages.append(page.elements.map(\.id))
            cursor = page.next.flatMap { PageCursor($0.description) }
            try await between(pages.count)
            // A list that does not end is a failure too, not a test that never does.
        } while cursor != nil && pages.count < 200
        return pages
    }

    @Test(arguments: [1, 7, 50, 100, 101])
    func `pages of the queue have no gap and no repeat`(limit: Int) async throws {
        let ids = try await self.test.add(100)
        _ = try await self.test.claim(30)
        for filter in [MessageFilter(.queue), MessageFilter(.queue, batch: BatchID(rawValue: 1))] {
            let pages = try await self.pages(filter, limit: limit)
            #expect(pages.flatMap { $0 } == ids)
            #expect(pages.dropLast().allSatisfy { $0.count == limit })
        }
    }

    @Test(arguments: [1, 7, 50, 100, 101])
    func `pages of the history have no gap and no repeat`(limit: Int) async throws {
        let ids = try await self.test.add(100)
        for message in try await self.test.claim(100) {
            // Ten messages share each moment, and they do not finish in the order of their ids.
            let moment = self.now + .seconds(Int(message.id.rawValue * 7 % 10))
            try await self.test.settle(message, .sent(at: moment), now: moment)
        }
        let expected = ids.sorted { ($0.rawValue * 7 % 10, $0.rawValue) > ($1.rawValue * 7 % 10, $1.rawValue) }
        let pages = try await self.pages(MessageFilter(.history), limit: limit)
        #expect(pages.flatMap { $0 } == expected)
        #expect(pages.dropLast().allSatisfy { $0.count == limit })
    }

    @Test func `a page of the queue goes on behind what has been sent meanwhile`() async throws {
        let ids = try await self.test.add(30)
        let pages = try await self.pages(MessageFilter(.queue), limit: 10) { page in
            if page == 1 { for _ in 0..<15 { try await self.test.process(.sent(at: self.now)) } }
        }
        #expect(pages == [Array(ids[..<10]), Array(ids[15..<25]), Array(ids[25...])])
    }

    @Test func `new history does not disturb a reader on older pages`() async throws {
        let ids = try await self.test.add(30)
        for _ in 0..<20 { try await self.test.process(.sent(at: self.now)) }
        let pages = try await self.pages(MessageFilter(.history), limit: 10) { page in
            if page == 1 { try await self.test.process(.sent(at: self.now), now: self.now + .seconds(9)) }
        }
        #expect(pages.flatMap { $0 } == ids[..<20].reversed())
    }

    @Test func `the queue holds what is open, the history what is final`() async throws {
        let ids = try await self.test.add(5)
        try await self.test.process(.sent(at: self.now), now: self.now)
        try await self.test.process(.failed(.rejected, error: "No"), now: self.now + .seconds(1))
        _ = try await self.test.claim()
        _ = try await self.test.queue.cancel(.message(ids[3]), now: self.now + .seconds(2))
        try await self.test.queue.append(rows([request(1)]), to: self.test.seed(2), now: self.now)
        #expect(try await self.list(MessageFilter(.queue)) == [ids[2], ids[4]])
        #expect(try await self.list(MessageFilter(.history)) == [ids[3], ids[1], ids[0]])
    }

    @Test func `each filter of the queue does what it says`() async throws {
        try await self.test.queue.addUser(.shop, now: self.now)
        let ids = try await self.test.add(
            [request(1, ref: "a"), request(2, device: .second), request(3, priority: .high), request(3)], as: 1)
        let shop = try await self.test.add([request(1, ref: "a")], as: 2, user: .shop)
        _ = try await self.test.claim()
        let cases: [(MessageFilter, [QueueID])] = [
            (MessageFilter(.queue), ids + shop),
            (MessageFilter(.queue, user: .default), ids),
            (MessageFilter(.queue, user: .shop), shop),
            (MessageFilter(.queue, user: UserName(rawValue: "nobody")), []),
            (MessageFilter(.queue, status: .processing), [ids[2]]),
            (MessageFilter(.queue, status: .pending), [ids[0], ids[1], ids[3]] + shop),
            (MessageFilter(.queue, status: .sent), []),
            (MessageFilter(.queue, device: .first), [ids[2]]),
            (MessageFilter(.queue, device: .second), [ids[1]]),
            (MessageFilter(.queue, batch: BatchID(rawValue: 2)), shop),
            (MessageFilter(.queue, number: request(3).recipient.address), [ids[2], ids[3]]),
            (MessageFilter(.queue, ref: "a"), [ids[0]] + shop),
            (MessageFilter(.queue, user: .shop, status: .pending, ref: "a"), shop),
            (MessageFilter(.queue, ref: "' OR 1 --"), []),
        ]
        for (filter, expected) in cases {
            #expect(try await self.list(filter) == expected, "\(filter)")
        }
    }

    @Test func `each filter of the history does what it says`() async throws {
        try await self.test.queue.addUser(.shop, now: self.now)
        let ids = try await self.test.add([request(1, ref: "a"), request(2), request(3)], as: 1)
        let shop = try await self.test.add([request(1, ref: "a", device: .second)], as: 2, user: .shop)
        for (second, message) in try await self.test.claim(3).sorted(by: { $0.id < $1.id }).enumerated() {
            let moment = self.now + .seconds(second)
            try await self.test.settle(
                message, second == 1 ? .failed(.rejected, error: "No") : .sent(at: moment), now: moment)
        }
        try await self.test.process(.sent(at: self.now), for: .second, now: self.now + .seconds(3))
        let cases: [(MessageFilter, [QueueID])] = [
            (MessageFilter(.history), shop + [ids[2], ids[1], ids[0]]),
            (MessageFilter(.history, user: .default), [ids[2], ids[1], ids[0]]),
            (MessageFilter(.history, user: .shop), shop),
            (MessageFilter(.history, status: .failed), [ids[1]]),
            (MessageFilter(.history, status: .pending), []),
            (MessageFilter(.history, device: .second), shop),
            (MessageFilter(.history, batch: BatchID(rawValue: 1)), [ids[2], ids[1], ids[0]]),
            (MessageFilter(.history, number: request(1).recipient.address), shop + [ids[0]]),
            (MessageFilter(.history, ref: "a"), shop + [ids[0]]),
            (MessageFilter(.history, from: self.now + .seconds(1)), shop + [ids[2], ids[1]]),
            (MessageFilter(.history, until: self.now + .seconds(1)), [ids[0]]),
            (MessageFilter(.history, from: self.now + .seconds(1), until: self.now + .seconds(2)), [ids[1]]),
        ]
        for (filter, expected) in cases {
            #expect(try await self.list(filter) == expected, "\(filter)")
        }
    }

    @Test func `a message is shown to its user only`() async throws {
        try await self.test.queue.addUser(.shop, now: self.now)
        let id = try #require(try await self.test.add([request(1, ref: "a")], as: 1, user: .shop).first)
        #expect(try await self.test.reader.message(id)?.message.user == .shop)
        #expect(try await self.test.reader.message(id, of: .shop)?.message.id == id)
        #expect(try await self.test.reader.message(id, of: .default) == nil)
        #expect(try await self.test.reader.message(QueueID(rawValue: 99)) == nil)
    }

    @Test func `a message is shown with all its attempts`() async throws {
        try await self.test.add(1)
        let until = self.now + .seconds(300)
        let first = try #require(try await self.test.process(.deferred(until: until, code: "503", reason: "Busy")))
        try await self.test.process(.sent(at: until), now: until)
        let attempts = try await self.test.attempts(of: first.id)
        #expect(
            attempts == [
                AttemptView(
                    number: 1, device: .first, startedAt: self.now, endedAt: self.now, outcome: "deferred", code: "503",
                    detail: "Busy"),
                AttemptView(
                    number: 2, device: .first, startedAt: until, endedAt: until, outcome: "sent", code: nil,
                    detail: nil),
            ])
    }

    @Test func `counts are those of what waits`() async throws {
        let ids = try await self.test.add(10)
        try await self.test.process(.sent(at: self.now))
        _ = try await self.test.claim(2)
        try await self.test.queue.append(rows([request(1)]), to: self.test.seed(2), now: self.now)
        #expect(try await self.test.reader.countInQueue() == 9)
        #expect(try await self.test.reader.countPending(before: ids[5]) == 2)
        #expect(try await self.test.reader.countPending(before: ids[0]) == 0)
    }

    @Test func `the JSON of a message has the fields of the contract in their order`() async throws {
        let id = try #require(try await self.test.add([request(1, ref: "a\"b")], as: 1).first)
        try await self.test.process(.sent(at: self.now + .milliseconds(1500)))
        let text = try #require(try await self.test.message(id)).json.text
        #expect(
            text == """
                {"queueId":1,"batchId":1,"line":2,"number":"155501010001","ref":"a\\"b","status":"sent","reason":null,\
                "notBefore":null,"priority":"normal","sessionId":"dev1","messageId":"3EB0-1",\
                "queuedAt":"2027-01-15T12:00:00.000Z","sentAt":"2027-01-15T12:00:01.500Z","deliveredAt":null,\
                "readAt":null,"errorCode":null,"error":null}
                """)
    }
}
