import CSQLite
import Foundation
import SpoolCore

/// What the disk does at best, for comparison with what is made durable on it.
enum DiskComparison {
    /// How long each is measured.
    private static let time = Duration.seconds(2)

    /// Appending 4 KiB and fsync, so many times a second.
    static func syncsPerSecond(in scratch: Scratch) throws -> Double {
        let descriptor = open(scratch.path("fsync"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
        guard descriptor >= 0 else { throw BenchmarkError("open: \(errno)") }
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0x5A, count: 4096)
        return try self.rate {
            guard write(descriptor, block, block.count) == block.count, fsync(descriptor) == 0 else {
                throw BenchmarkError("write or fsync: \(errno)")
            }
        }
    }

    /// Transactions of one inserted row a second: WAL, `synchronous=FULL`.
    static func commitsPerSecond(in scratch: Scratch) throws -> Double {
        var database: OpaquePointer?
        guard sqlite3_open(scratch.path("commits.db"), &database) == SQLITE_OK else {
            throw BenchmarkError("SQLite cannot open a database")
        }
        defer { sqlite3_close(database) }
        try self.run(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS t (x INTEGER)", database)
        return try self.rate { try self.run("INSERT INTO t VALUES (1)", database) }
    }

    private static func run(_ sql: String, _ database: OpaquePointer?) throws {
        guard sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else {
            throw BenchmarkError("SQLite: \(String(cString: sqlite3_errmsg(database)))")
        }
    }

    private static func rate(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        var count = 0
        while ContinuousClock.now - start < self.time {
            try body()
            count += 1
        }
        return Double(count) / (ContinuousClock.now - start).seconds
    }

    /// How many transactions were ever committed to a WAL database that is open: a field of its index file's header.
    static func commits(to database: String) throws -> UInt32 {
        let index = try FileHandle(forReadingFrom: URL(fileURLWithPath: database + "-shm"))
        defer { try? index.close() }
        guard let header = try index.read(upToCount: 12), header.count == 12 else {
            throw BenchmarkError("\(database)-shm is no index of a write-ahead log")
        }
        return header.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8, as: UInt32.self) }
    }
}
