import Foundation
import GRDB
import SpoolCore
import SpoolTestSupport
import Synchronization

@testable import SpoolQueue

/// A queue and what a test needs around it: seeds, rows, wire ids and a look into the tables.
struct TestQueue: Sendable {
    /// When everything happens unless a test says otherwise.
    static let noon = Date(milliseconds: 1_800_014_400_000)

    let database: QueueDatabase
    let wireIDs = WireIDSequence()

    /// A queue in memory.
    init() throws {
        self.database = try QueueDatabase.inMemory()
    }

    /// A queue on disk.
    init(in directory: TemporaryDirectory) throws {
        self.database = try QueueDatabase.open(path: directory.path("queue.db"))
    }

    var queue: MessageQueue { MessageQueue(self.database) }
    var reader: QueueReader { QueueReader(self.database) }

    /// Imports the requests as one batch and returns their queue ids in file order.
    @discardableResult
    func add(_ requests: [MessageRequest], as batch: Int64, user: UserName = .default) async throws -> [QueueID] {
        let seed = self.seed(batch, user: user)
        try await self.queue.finishImport(rows(requests), of: seed, isStrict: false, now: Self.noon)
        return try await self.reader.importAnswer(for: seed.id)?.queueIDs ?? []
    }

    /// Imports `count` plain messages.
    @discardableResult
    func add(_ count: Int, as batch: Int64 = 1, user: UserName = .default) async throws -> [QueueID] {
        try await self.add((0..<count).map { request(Int(batch) * 1000 + $0) }, as: batch, user: user)
    }

    func seed(_ batch: Int64, user: UserName = .default, file: String? = nil, name: String? = nil) -> BatchSeed {
        let file = DropFileName(file ?? "orders-\(batch).csv")
        return BatchSeed(
            id: BatchID(rawValue: batch), user: user, file: file, results: file, format: "csv", name: name,
            digest: [UInt8](repeating: UInt8(truncatingIfNeeded: batch), count: 32), inode: UInt64(bitPattern: batch),
            takenAt: Self.noon, original: "accepted/2027-01-15/\(file)", isDryRun: false)
    }

    func claim(
        _ limit: Int = 1, for device: DeviceID = .first, now: Date = noon
    ) async throws -> [ClaimedMessage] {
        try await self.queue.claim(upTo: limit, for: device, lease: .seconds(90), now: now) { self.wireIDs.next() }
    }

    /// One claim under rules, as a device with everything allowed.
    func judge(
        _ judge: ScriptedJudge, _ limit: Int = 1, for device: DeviceID = .first, order: [Priority] = Priority.allCases,
        lanes: Set<Lane> = Set(Lane.allCases), takesUnowned: Bool = true, now: Date = noon
    ) async throws -> Claim {
        try await self.queue.claim(
            upTo: limit, for: device, order: order, lanes: lanes, takesUnowned: takesUnowned, lease: .seconds(90),
            now: now,
            makeWireID: { self.wireIDs.next() }, decide: judge.decide)
    }

    /// Claims one message and settles it so.
    @discardableResult
    func process(
        _ settlement: Settlement, for device: DeviceID = .first, now: Date = noon
    ) async throws -> ClaimedMessage? {
        guard let message = try await self.claim(for: device, now: now).first else { return nil }
        try await self.settle(message, settlement, now: now)
        return message
    }

    func settle(_ message: ClaimedMessage, _ settlement: Settlement, now: Date = noon) async throws {
        let attempt = SettledAttempt(message: message.id, attempt: message.attempt, settlement: settlement)
        try await self.queue.settle([attempt], now: now)
    }

    func message(_ id: QueueID) async throws -> MessageView? {
        try await self.reader.message(id)?.message
    }

    func attempts(of id: QueueID) async throws -> [AttemptView] {
        try await self.reader.message(id)?.attempts ?? []
    }

    func batch(_ id: Int64) async throws -> BatchView? {
        try await self.reader.batch(BatchID(rawValue: id))
    }

    /// The first column of what the statement yields.
    func values<Value: DatabaseValueConvertible & Sendable>(
        _ type: Value.Type = Value.self, _ sql: String
    ) async throws -> [Value] {
        try await self.database.access.read { try Value.fetchAll($0, sql: sql) }
    }

    func count(_ sql: String) async throws -> Int {
        try await self.values(Int.self, sql).first ?? -1
    }

    func execute(_ sql: String) async throws {
        try await self.database.access.write { try $0.execute(sql: sql) }
    }

    /// Every row of every table, to see that nothing has changed.
    func content() async throws -> [String] {
        try await self.database.access.read { db in
            try ["user", "batch", "message", "media", "attempt", "refusal", "apiKey"].flatMap { table in
                try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map { "\(table): \($0)" }
            }
        }
    }
}

/// Wire ids that are never given twice.
final class WireIDSequence: Sendable {
    private let last = Mutex(0)

    func next() -> WireMessageID {
        WireMessageID(
            rawValue: self.last.withLock { last in
                last += 1
                return "3EB0-\(last)"
            })
    }
}

extension DeviceID {
    static let first = DeviceID(rawValue: "dev1")
    static let second = DeviceID(rawValue: "dev2")
}

extension UserName {
    static let shop = UserName(rawValue: "shop") ?? .default
}

extension Date {
    static func + (date: Date, duration: Duration) -> Date { date.addingTimeInterval(duration.seconds) }
    static func - (date: Date, duration: Duration) -> Date { date.addingTimeInterval(-duration.seconds) }
}

/// A message for a number of the fictitious range that ends in `index`.
func request(
    _ index: Int, text: String? = nil, ref: String? = nil, media: MediaReference? = nil, device: DeviceID? = nil,
    sendAt: Date? = nil, expiresAt: Date? = nil, priority: Priority = .normal
) -> MessageRequest {
    MessageRequest(
        recipient: .phone("1555010\(10000 + index)"), text: text ?? "Text \(index)", media: media, ref: ref,
        device: device, sendAt: sendAt, expiresAt: expiresAt, priority: priority)
}

/// Requests as the rows of a CSV file with one header line.
func rows(_ requests: [MessageRequest], after record: Int = 0) -> [ImportRow] {
    requests.enumerated().map { index, request in
        ImportRow(record: record + index + 1, line: record + index + 2, content: .success(request))
    }
}

/// A row that the reader has refused.
func badRow(_ record: Int, _ error: String = "Phone number is required") -> ImportRow {
    ImportRow(record: record, line: record + 1, content: .failure(Refusal(.validation, error, field: "number")))
}
