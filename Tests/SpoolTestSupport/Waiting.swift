import Glibc

/// A wait that did not end in time.
public struct WaitedTooLong: Error, CustomStringConvertible {
    public let what: String
    public let duration: Duration

    public var description: String { "waited \(self.duration) for \(self.what)" }
}

/// Does `body`, and fails saying what it waited for when that takes longer than `limit` of real time.
///
/// `body` has to stop when its task is cancelled.
public func waiting<Value: Sendable>(
    for what: String, upTo limit: Duration = .seconds(120), _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw WaitedTooLong(what: what, duration: limit)
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw WaitedTooLong(what: what, duration: limit) }
        return value
    }
}

/// Looks again and again until `condition` holds, for what sends no event (another process, a file).
public func eventually(
    _ what: String, upTo limit: Duration = .seconds(120), _ condition: @escaping @Sendable () async throws -> Bool
) async throws {
    try await waiting(for: what, upTo: limit) {
        while try await !condition() { try await Task.sleep(for: .milliseconds(2)) }
    }
}

/// Renames a file within one filesystem, replacing what is there, as `mv` does.
public func moveFile(from source: String, to target: String) throws {
    guard rename(source, target) == 0 else { throw SystemCallFailed(call: "rename", code: errno) }
}

/// A system call of a test that failed.
public struct SystemCallFailed: Error, CustomStringConvertible {
    public let call: String
    public let code: Int32

    public init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    public var description: String { "\(self.call): \(String(cString: strerror(self.code)))" }
}
