import GRDB

@testable import SpoolQueue

extension QueueDatabase {
    /// Changes the tables behind the queue's back.
    func execute(_ sql: String) async throws {
        try await self.access.write { try $0.execute(sql: sql) }
    }

    /// The first column of what the statement yields.
    func strings(_ sql: String) async throws -> [String] {
        try await self.access.read { try String.fetchAll($0, sql: sql) }
    }
}
