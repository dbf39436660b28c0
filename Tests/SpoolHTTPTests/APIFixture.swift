import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import SpoolCore
import SpoolHTTP
import SpoolQueue
import SpoolTestSupport
import Synchronization

/// A queue in memory, an API in front of it, and the keys of an administrator and of two users.
struct APIFixture {
    static let now = Date(timeIntervalSince1970: 1_795_255_200)  // 2026-11-21T10:00:00Z
    static let ann = UserName(rawValue: "ann") ?? .default
    static let bob = UserName(rawValue: "bob") ?? .default

    let queue: MessageQueue
    let reader: QueueReader
    let state: FakeDaemonState
    let clock = StepWallClock(Self.now)
    let pauses = TestClock()
    let api: ReadOnlyAPI
    let adminKey: String
    let annKey: String
    let bobKey: String
    private let wireIDs = WireIDs()

    init(timeZone: String = "UTC", state: FakeDaemonState = FakeDaemonState()) async throws {
        let database = try QueueDatabase.inMemory()
        self.queue = MessageQueue(database)
        self.reader = QueueReader(database)
        self.state = state
        guard let zone = TimeZone(identifier: timeZone) else { throw UnknownZone(name: timeZone) }
        self.api = ReadOnlyAPI(
            reader: self.reader, state: state, clock: self.clock, timeZone: zone, pauses: self.pauses)
        for user in [Self.ann, Self.bob] { try await self.queue.addUser(user, now: Self.now) }
        self.adminKey = try await self.queue.addKey(name: "admin", user: nil, expiresAt: nil, now: Self.now).key
        self.annKey = try await self.queue.addKey(name: "ann", user: Self.ann, expiresAt: nil, now: Self.now).key
        self.bobKey = try await self.queue.addKey(name: "bob", user: Self.bob, expiresAt: nil, now: Self.now).key
    }

    struct UnknownZone: Error {
        var name: String
    }

    // MARK: Filling the queue

    /// Imports a file of so many valid rows, then so many refused ones; numbers are 15550000001 and up, refs `b1r1` and
    /// up.
    func importBatch(
        _ id: Int64, user: UserName = .default, rows: Int, refused: Int = 0, device: DeviceID? = nil,
        file: String = "orders.csv", isDryRun: Bool = false, at moment: Date = Self.now, finish: Bool = true
    ) async throws {
        let seed = BatchSeed(
            id: BatchID(rawValue: id), user: user, file: DropFileName(file), results: DropFileName(file), format: "csv",
            digest: nil, inode: UInt64(id), takenAt: moment, original: "accepted/\(file)", isDryRun: isDryRun)
        let valid = (0..<rows).map { index in
            ImportRow(
                record: index + 1, line: index + 2,
                content: .success(
                    MessageRequest(
                        recipient: .phone(String(15_550_000_001 + index)), text: "Hello", ref: "b\(id)r\(index + 1)",
                        device: device)))
        }
        let bad = (rows..<rows + refused).map { index in
            ImportRow(
                record: index + 1, line: index + 2,
                content: .failure(Refusal(.validation, "Phone number is required", field: "number")))
        }
        guard finish else { return try await self.queue.append(valid + bad, to: seed, now: moment) }
        try await self.queue.finishImport(valid + bad, of: seed, isStrict: false, now: moment)
    }

    /// Takes due messages into processing.
    @discardableResult
    func claim(_ count: Int, for device: String = "dev1", at moment: Date = Self.now) async throws -> [ClaimedMessage] {
        try await self.queue.claim(
            upTo: count, for: DeviceID(rawValue: device), lease: .seconds(600), now: moment,
            makeWireID: { [wireIDs] in wireIDs.next() })
    }

    /// Takes due messages and settles each of them in the same way.
    func settle(
        _ count: Int, as settlement: Settlement, for device: String = "dev1", at moment: Date = Self.now
    ) async throws {
        let attempts = try await self.claim(count, for: device, at: moment).map {
            SettledAttempt(message: $0.id, attempt: $0.attempt, settlement: settlement)
        }
        try await self.queue.settle(attempts, now: moment)
    }

    // MARK: Asking

    func get(_ path: String, key: String? = nil) async throws -> Answer {
        try await self.send(.get, path, key.map { [.init("X-API-Key") ?? .authorization: $0] } ?? [:])
    }

    /// As an administrator.
    func read(_ path: String) async throws -> Answer {
        try await self.get(path, key: self.adminKey)
    }

    func send(_ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields = [:]) async throws -> Answer {
        let application = self.api.application(listen: "127.0.0.1", port: 0, logger: Self.silent)
        return try await application.test(.router) { client in
            Answer(try await client.executeRequest(uri: path, method: method, headers: headers, body: nil))
        }
    }

    /// Follows a list to its end, page by page.
    func allPages(_ path: String, of name: String, key: String) async throws -> [[JSONObject]] {
        var pages: [[JSONObject]] = []
        var cursor: String?
        repeat {
            let next = cursor.map { (path.contains("?") ? "&" : "?") + "cursor=" + $0 } ?? ""
            let body = try await self.get(path + next, key: key).json
            pages.append(body[name]?.array?.compactMap(\.object) ?? [])
            cursor = body["nextCursor"]?.text
        } while cursor != nil && pages.count < 100
        return pages
    }

    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// Wire ids of one test, each once.
private final class WireIDs: Sendable {
    private let count = Mutex(0)

    func next() -> WireMessageID {
        WireMessageID(
            rawValue: "W"
                + String(
                    self.count.withLock {
                        $0 += 1; return $0
                    }))
    }
}

/// An answer of the API, read.
struct Answer: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var text: String

    init(_ response: TestResponse) {
        self.status = response.status
        self.headers = response.headers
        self.text = String(buffer: response.body)
    }

    var json: JSONObject {
        get throws { try JSONDecoder().decode(JSONObject.self, from: Data(self.text.utf8)) }
    }
}

typealias JSONObject = [String: JSONAny]

/// Any JSON value that was read.
enum JSONAny: Decodable, Equatable {
    case null
    case bool(Bool)
    case number(Int)
    case string(String)
    case list([JSONAny])
    case members(JSONObject)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONAny].self) {
            self = .list(value)
        } else {
            self = .members(try container.decode(JSONObject.self))
        }
    }

    var text: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    var int: Int? {
        guard case .number(let value) = self else { return nil }
        return value
    }

    var array: [JSONAny]? {
        guard case .list(let value) = self else { return nil }
        return value
    }

    var object: JSONObject? {
        guard case .members(let value) = self else { return nil }
        return value
    }
}
