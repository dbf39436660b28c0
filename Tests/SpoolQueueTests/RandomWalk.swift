import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolQueue

/// Random operations on a queue, each done to the model too; every answer has to be the model's.
struct RandomWalk {
    let test: TestQueue
    let seed: UInt64
    private(set) var model = QueueModel()
    private var generator: SeededGenerator
    private var now = TestQueue.noon
    private var lastBatch: Int64 = 0
    private let devices = [DeviceID.first, .second, DeviceID(rawValue: "dev3")]

    init(seed: UInt64) throws {
        self.test = try TestQueue()
        self.seed = seed
        self.generator = SeededGenerator(seed: seed)
    }

    mutating func step() async throws {
        self.now = self.now + .milliseconds(self.number(below: 4000))
        switch self.number(below: 100) {
        case 0..<8: try await self.importFile()
        case 8..<45: try await self.claim()
        case 45..<82: try await self.settle()
        case 82..<88: try await self.receive()
        case 88..<91: try await self.cancel()
        case 91..<94: try await self.expire()
        case 94: try await self.rescue()
        case 95..<97: try await self.resolve()
        case 97..<99: try await self.fetch()
        default: try await self.loseDevice()
        }
    }

    /// Sends, with the devices that are left, until no message is open.
    mutating func drain() async throws {
        try await self.test.execute("UPDATE message SET heldAt = NULL")
        self.now = self.now + .seconds(1_000_000)
        try await self.test.queue.rescueAbandonedClaims(now: self.now)
        while try await self.settleNextMedia(isThere: true) {}
        for device in self.devices {
            try await self.test.queue.resolveUncertain(of: device, since: self.now, policy: .resend, now: self.now) {
                [now] _, _ in now
            }
            for message in try await self.test.claim(.max, for: device, now: self.now) {
                try await self.test.settle(message, .sent(at: self.now), now: self.now)
            }
        }
        try await self.test.queue.expire(now: self.now)
    }

    private mutating func importFile() async throws {
        self.lastBatch += 1
        let seed = self.test.seed(self.lastBatch)
        let requests = (0..<self.number(below: 12)).map { _ in self.anyRequest() }
        let first = self.number(below: requests.count + 1)
        try await self.test.queue.append(rows(Array(requests[..<first])), to: seed, now: self.now)
        guard self.number(below: 10) > 0 else {
            try await self.test.queue.discardImport(of: seed.id)
            return try await self.test.queue.reject(
                seed, BatchRejection(Refusal(.encoding, "No UTF-8")), now: self.now)
        }
        try await self.test.queue.finishImport(
            rows(Array(requests[first...]), after: first), of: seed, isStrict: false, now: self.now)
        let ids = try await self.test.reader.importAnswer(for: seed.id)?.queueIDs
        #expect(ids?.count == requests.count, self.comment)
        for (id, request) in zip(ids ?? [], requests) { self.model.add(id, request, batch: self.lastBatch) }
    }

    private mutating func claim() async throws {
        // A claim would fail what has expired, but only as far as it looks.
        try await self.expire()
        let device = self.anyDevice()
        let limit = 1 + self.number(below: 4)
        let expected = min(limit, self.model.countClaimable(by: device, at: self.now))
        let claimed = try await self.test.claim(limit, for: device, now: self.now)
        #expect(claimed.count == expected, self.comment)
        for message in claimed {
            let known = try #require(self.model.messages[message.id], self.comment)
            let isClaimable = self.model.isClaimable(message.id, by: device, at: self.now)
            #expect(isClaimable, "message \(message.id), seed \(self.seed)")
            #expect((message.media != nil) == (known.media != nil), self.comment)
            #expect(message.wireID == known.wireID ?? message.wireID, self.comment)
            #expect(message.attempt == known.attempts + 1, self.comment)
            #expect(message.earlierAttempts == known.attempts - known.returned, self.comment)
            self.model.claim(message.id, by: device, wireID: message.wireID)
        }
    }

    private mutating func settle() async throws {
        let inFlight = self.model.inFlight(uncertain: false)
        guard let id = inFlight.randomElement(using: &self.generator), let known = self.model.messages[id] else {
            return
        }
        let settlement = known.media != nil && self.number(below: 10) == 0 ? .awaitsMedia : self.anySettlement()
        let attempt = SettledAttempt(message: id, attempt: known.attempts, settlement: settlement)
        try await self.test.queue.settle([attempt], now: self.now)
        self.model.settle(id, settlement)
    }

    private mutating func receive() async throws {
        let ids = self.model.messages.keys.sorted()
        guard let id = ids.randomElement(using: &self.generator), let wireID = self.model.messages[id]?.wireID else {
            return
        }
        let readAt = self.number(below: 2) == 0 ? self.now : nil
        try await self.test.queue.recordReceipts(
            [Receipt(wireID: wireID, deliveredAt: self.now, readAt: readAt)], now: self.now)
        self.model.receive(wireID)
    }

    private mutating func cancel() async throws {
        let ids = self.model.messages.keys.sorted()
        guard let id = ids.randomElement(using: &self.generator), let batch = self.model.messages[id]?.batch else {
            return
        }
        let cancelled: Int
        if self.number(below: 2) == 0 {
            cancelled = self.model.cancel { other, _ in other == id }
            #expect(try await self.test.queue.cancel(.message(id), now: self.now).cancelled == cancelled, self.comment)
        } else {
            cancelled = self.model.cancel { $1.batch == batch }
            let selection = MessageSelection.batch(BatchID(rawValue: batch))
            #expect(try await self.test.queue.cancel(selection, now: self.now).cancelled == cancelled, self.comment)
        }
    }

    private mutating func expire() async throws {
        #expect(try await self.test.queue.expire(now: self.now) == self.model.expire(at: self.now), self.comment)
    }

    private mutating func rescue() async throws {
        #expect(try await self.test.queue.rescueAbandonedClaims(now: self.now) == self.model.rescue(), self.comment)
    }

    private mutating func resolve() async throws {
        let device = self.anyDevice()
        let policy = [UncertainPolicy.resend, .hold, .fail][self.number(below: 3)]
        let next = self.now + .seconds(5)
        let resolved = try await self.test.queue.resolveUncertain(
            of: device, since: self.now, policy: policy, now: self.now
        ) { attempts, _ in attempts < 4 ? next : nil }
        #expect(resolved == self.model.resolve(of: device, policy) { $0 < 4 ? next : nil }, self.comment)
    }

    private mutating func fetch() async throws {
        for _ in 0..<3 { _ = try await self.settleNextMedia(isThere: self.number(below: 4) > 0) }
    }

    /// - Returns: Whether an attachment was wanted.
    private mutating func settleNextMedia(isThere: Bool) async throws -> Bool {
        // All are wanted by then.
        let later = self.now + .seconds(1_000_000)
        let batches = try await self.test.reader.batchesWantingMedia(now: later)
        guard let batch = batches.randomElement(using: &self.generator),
            let media = try await self.test.reader.wantedMedia(of: batch, now: later, limit: 1).first
        else {
            #expect(self.model.wantedMedia == [], self.comment)
            return false
        }
        if isThere {
            let description = MediaDescription(kind: .document, mimeType: "text/plain", fileName: nil, size: 5)
            let content = MediaContent(hash: [UInt8](repeating: 1, count: 32), description: description)
            #expect(try await !self.test.queue.storeMedia(content, for: media.id, now: self.now), self.comment)
        } else {
            let refusal = Refusal(.mediaUnavailable, "None")
            #expect(try await !self.test.queue.failMedia(media.id, refusal, now: self.now), self.comment)
        }
        self.model.settleMedia(media.reference.source, of: batch.rawValue, isThere: isThere)
        return true
    }

    private mutating func loseDevice() async throws {
        let known = Set(self.devices.shuffled(using: &self.generator).dropFirst())
        let failed = try await self.test.queue.failOrphans(known: known, now: self.now)
        #expect(failed == self.model.failOrphans(known: known), self.comment)
    }

    private mutating func anyRequest() -> MessageRequest {
        request(
            self.number(below: 80000),
            media: self.number(below: 4) == 0
                ? MediaReference(source: "https://files.example/\(self.number(below: 4))") : nil,
            device: self.number(below: 5) == 0 ? self.anyDevice() : nil,
            sendAt: self.number(below: 4) == 0 ? self.now + .seconds(self.number(below: 120)) : nil,
            expiresAt: self.number(below: 6) == 0 ? self.now + .seconds(self.number(below: 600)) : nil,
            priority: Priority.allCases[self.number(below: 3)])
    }

    private mutating func anySettlement() -> Settlement {
        switch self.number(below: 10) {
        case 0..<4: .sent(at: self.now)
        case 4: .failed(.rejected, error: "The server refused it")
        case 5, 6: .uncertain(detail: "No answer in 75 s")
        case 7: .returned(reason: "The device is disconnected")
        default: .deferred(until: self.now + .seconds(self.number(below: 60)), code: "503", reason: "Busy")
        }
    }

    private mutating func anyDevice() -> DeviceID {
        self.devices[self.number(below: self.devices.count)]
    }

    private mutating func number(below bound: Int) -> Int {
        Int.random(in: 0..<bound, using: &self.generator)
    }

    var comment: Comment { "seed \(self.seed)" }
}
