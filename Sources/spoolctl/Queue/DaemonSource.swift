import SpoolControl
import SpoolCore

/// Asks the running daemon.
struct DaemonSource: QueueSource {
    let client: ControlClient

    func page(of list: ListQuery, after cursor: String?, limit: Int) async throws(CommandFailure) -> ListPage {
        var query = list.query
        if list.hasPages {
            query.append(("limit", String(limit)))
            if let cursor { query.append(("cursor", cursor)) }
        }
        let answer = try await self.get(list.path, query)
        guard let rows = answer[list.key]?.elements else {
            throw CommandFailure(ControlError.malformed("it has no \(list.key)"))
        }
        return ListPage(rows: rows, next: list.hasPages ? answer["nextCursor"]?.string : nil)
    }

    func message(_ id: Int64) async throws(CommandFailure) -> JSONValue? {
        try await self.thing("/api/messages/\(id)", key: "message")
    }

    func submission(_ submission: Submission) async throws(CommandFailure) -> JSONValue? {
        try await self.thing(
            "/control/submission",
            [
                ("user", submission.user.rawValue), ("file", submission.name.description),
                ("inode", String(submission.inode)),
            ], key: "batch")
    }

    func status() async throws(CommandFailure) -> JSONValue {
        guard case .object(let members) = try await self.get("/control/status") else {
            throw CommandFailure(ControlError.malformed("it is no object"))
        }
        return .object([.init("running", true)] + members)
    }

    /// All devices, as the API shows them.
    func devices() async throws(CommandFailure) -> [JSONValue] {
        guard let devices = try await self.get("/api/devices")["devices"]?.elements else {
            throw CommandFailure(ControlError.malformed("it has no devices"))
        }
        return devices
    }

    /// - Throws: 65 with the names there are, when there is no device of this name.
    func device(_ name: String) async throws(CommandFailure) -> JSONValue {
        let devices = try await self.devices()
        if let device = devices.first(where: { $0["sessionId"]?.string == name }) { return device }
        let names = devices.compactMap { $0["sessionId"]?.string }
        let known =
            names.isEmpty
            ? "no device is linked; run: spoolctl device add NAME"
            : "there are: " + names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", …" : "")
        throw CommandFailure(.badData, "there is no device \(name)", known)
    }

    /// Pending and in flight.
    func countInQueue() async throws(CommandFailure) -> Int64 {
        try await self.get("/api/stats")["inQueue"]?.integer ?? 0
    }

    private func get(_ path: String, _ query: [(String, String)] = []) async throws(CommandFailure) -> JSONValue {
        do {
            return try await self.client.get(path, query: query).json()
        } catch {
            throw CommandFailure(error)
        }
    }

    /// What stands under `key`; `nil` when the daemon knows no such thing.
    private func thing(
        _ path: String, _ query: [(String, String)] = [], key: String
    ) async throws(CommandFailure) -> JSONValue? {
        do throws(ControlError) {
            let answer = try await self.client.get(path, query: query).json()
            guard let value = answer[key] else { throw ControlError.malformed("it has no \(key)") }
            return value
        } catch .refused(status: 404, code: _, message: _) {
            return nil
        } catch {
            throw CommandFailure(error)
        }
    }
}

extension ListQuery {
    var path: String {
        switch self {
        case .queue: "/api/queue"
        case .history: "/api/history"
        case .batches: "/api/batches"
        case .keys: "/control/keys"
        }
    }

    /// The name of the list in an answer.
    var key: String {
        switch self {
        case .queue, .history: "messages"
        case .batches: "batches"
        case .keys: "keys"
        }
    }

    var hasPages: Bool {
        switch self {
        case .queue, .history, .batches: true
        case .keys: false
        }
    }

    var query: [(String, String)] {
        switch self {
        case .queue(let conditions), .history(let conditions): conditions.query
        case .batches, .keys: []
        }
    }
}

extension MessageConditions {
    fileprivate var query: [(String, String)] {
        let given: [(String, String?)] = [
            ("status", self.status?.rawValue), ("device", self.device), ("batch", self.batch.map { String($0) }),
            ("number", self.number), ("ref", self.ref), ("startDate", self.from?.description),
            ("endDate", self.to?.description),
        ]
        return given.compactMap { name, value in value.map { (name, $0) } }
    }
}
