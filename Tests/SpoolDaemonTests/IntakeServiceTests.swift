import Foundation
import Glibc
import SpoolCore
import SpoolFiles
import SpoolQueue
import SpoolTestSupport
import Synchronization
import Testing

@testable import SpoolDaemon

/// One after the other: inotify can be used once per process.
@Suite(.serialized) struct IntakeServiceTests {
    /// Runs the service until `body` is through.
    private func taking(
        _ fixture: SpoolFixture, _ service: IntakeService? = nil, _ body: (IntakeService) async throws -> Void
    ) async throws {
        try await asOnlyWatcher {
            let service = service ?? fixture.intake()
            try await running(service) { _ in
                // The watcher and the retries sleep when the start is over.
                try await fixture.time.idle(2)
                try await body(service)
            }
        }
    }

    /// Returns when the watcher has seen everything that happened before the call.
    private func catchUp(_ fixture: SpoolFixture) async throws {
        try fixture.spool.drop("# force: true\n" + csv(1), as: "catch-up.csv")
        try await fixture.log.wait(for: "imported catch-up.csv")
    }

    // MARK: The straight line

    @Test func `a dropped file is imported, answered, filed and given to delivery`() async throws {
        let fixture = try await SpoolFixture(users: [.shop])
        let bell = try #require(fixture.wakeUps.enter(.first))
        try await self.taking(fixture) { service in
            try fixture.spool.drop(csv(2), as: "orders.csv")
            try fixture.spool.drop(csv(2), as: "orders.csv", for: .shop)
            try await fixture.answered(1)
            try await fixture.answered(2)
            try await waiting(for: "the bell of the delivery") { await bell.wait() }
            #expect(await service.notices.isEmpty)
        }
        #expect(try fixture.names("incoming") == ["shop"])
        #expect(try fixture.names("incoming/shop").isEmpty)
        #expect(try fixture.names("importing").isEmpty)
        #expect(Set(try fixture.names("accepted/2026-11-21")) == ["1~orders.csv", "2~orders.csv"])
        #expect(try fixture.names("results") == ["orders.csv.accepted.json", "shop"])
        #expect(try fixture.names("results/shop") == ["orders.csv.accepted.json"])
        #expect(try await fixture.sendable().sorted() == ["Text 1", "Text 1", "Text 2", "Text 2"])
        #expect(fixture.log.errors.isEmpty)
    }

    @Test func `a file of which nothing can be taken is answered and kept`() async throws {
        let fixture = try await SpoolFixture()
        try await self.taking(fixture) { _ in
            try fixture.spool.drop("hello", as: "photo.png")
            try await fixture.answered(1)
        }
        #expect(try fixture.names("results") == ["photo.png.err", "photo.png.rejected.json"])
        #expect(try fixture.names("rejected") == ["1~photo.png"])
        #expect(try fixture.names("importing").isEmpty)
    }

    @Test func `what is no file is refused, answered and moved away unread`() async throws {
        let fixture = try await SpoolFixture()
        let secret = try fixture.spool.directory.write("secret", to: "secret")
        try await self.taking(fixture) { service in
            #expect(symlink(secret, fixture.spool.incoming + "/orders.csv") == 0)
            try await fixture.log.wait(for: "refused orders.csv")
            #expect(await service.notices.isEmpty)
        }
        #expect(try fixture.text("results/orders.csv.rejected.json").contains("\"code\":\"UNREADABLE\""))
        #expect(try fixture.names("results") == ["orders.csv.err", "orders.csv.rejected.json"])
        #expect(try fixture.names("rejected") == ["1~orders.csv"])
        #expect(try fixture.names("incoming").isEmpty)
        #expect(try fixture.spool.directory.text("secret") == "secret")
    }

    // MARK: Names of answers

    @Test func `a name whose answers are still to come is not used for a second batch`() async throws {
        let fixture = try await SpoolFixture()
        try await self.taking(fixture) { _ in
            try fixture.spool.drop(csv(1), as: "orders.csv")
            try await fixture.answered(1)
            // The client has read the first answer; the result is still to come.
            try FileManager.default.removeItem(atPath: fixture.layout.results + "/orders.csv.accepted.json")
            try fixture.spool.drop(csv(2), as: "orders.csv")
            try await fixture.answered(2)
            #expect(try fixture.names("results") == ["orders~2.csv.accepted.json"])
            #expect(
                try fixture.text("results/orders~2.csv.accepted.json")
                    .contains("\"file\":\"orders.csv\",\"results\":\"orders~2.csv\",\"batchId\":2"))
            _ = try await fixture.queue.cancel(.batch(BatchID(rawValue: 1)), now: fixture.time.now)
            try await fixture.queue.markReported(BatchID(rawValue: 1), now: fixture.time.now)
            try fixture.spool.drop(csv(3), as: "orders.csv")
            try await fixture.answered(3)
        }
        #expect(try fixture.names("results") == ["orders.csv.accepted.json", "orders~2.csv.accepted.json"])
    }

    @Test(arguments: ["orders.csv.ok", "orders.csv.result.json", "orders.csv.receipts.csv"])
    func `a name of which any answer lies there is not used`(name: String) async throws {
        let fixture = try await SpoolFixture()
        try fixture.spool.directory.write("old", to: "spool/results/" + name)
        try await self.taking(fixture) { _ in
            try fixture.spool.drop(csv(1), as: "orders.csv")
            try await fixture.answered(1)
        }
        #expect(try fixture.names("results") == [name, "orders~1.csv.accepted.json"].sorted())
        #expect(try fixture.text("results/" + name) == "old")
    }

    @Test func `a numbered name that a client has used for its own file is not used either`() async throws {
        let fixture = try await SpoolFixture()
        try await self.taking(fixture) { _ in
            try fixture.spool.drop(csv(1), as: "orders.csv")
            try await fixture.answered(1)
            try fixture.spool.drop(csv(2), as: "orders~3.csv")
            try await fixture.answered(2)
            try fixture.spool.drop(csv(3), as: "orders.csv")
            try await fixture.answered(3)
        }
        #expect(
            try fixture.names("results") == [
                "orders.csv.accepted.json", "orders~3.csv.accepted.json", "orders~3~3.csv.accepted.json",
            ])
        #expect(try fixture.text("results/orders~3~3.csv.accepted.json").contains("\"batchId\":3"))
    }

    @Test func `a client's own name in the form of a numbered one is not used either`() async throws {
        let fixture = try await SpoolFixture()
        for name in ["orders.csv.ok", "orders~1.csv.ok"] {
            try fixture.spool.directory.write("", to: "spool/results/" + name)
        }
        try await self.taking(fixture) { _ in
            try fixture.spool.drop(csv(1), as: "orders.csv")
            try await fixture.answered(1)
        }
        #expect(try fixture.names("results").filter { $0.hasSuffix(".json") } == ["orders~1~1.csv.accepted.json"])
    }

    // MARK: Large and growing files

    /// Twenty rows, more than a mebibyte.
    private static let large =
        "number,message\n"
        + (1...20).map { "1555010\(10000 + $0),\(String(repeating: "x", count: 60_000))\n" }.joined()

    @Test func `a large file is imported beside the small ones, and reported`() async throws {
        let fixture = try await SpoolFixture()
        let gate = WakeUp()
        let hasPassed = Mutex(false)
        // The large file, which comes first, stands still until the small one is through.
        let importer = fixture.importer(devices: {
            let isFirst = hasPassed.withLock { passed in
                defer { passed = true }
                return !passed
            }
            if isFirst { await gate.wait() }
            return [.first]
        })
        try await self.taking(fixture, fixture.intake(importer)) { _ in
            try fixture.spool.drop(Self.large, as: "large.csv")
            try await fixture.importing(1)
            try fixture.spool.drop(csv(1), as: "small.csv")
            try await fixture.answered(2)
            try fixture.spool.drop(csv(2), as: "large.csv")
            try await fixture.answered(3)
            gate.ring()
            try await fixture.answered(1)
        }
        #expect(
            try fixture.names("results") == [
                "large.csv.accepted.json", "large~3.csv.accepted.json", "small.csv.accepted.json",
            ])
        try await fixture.settle { _ in .sent(at: TestTime.noon) }
        try await running(fixture.results(grace: .zero)) { _ in
            for _ in 1...3 { try await fixture.log.wait(for: "reported") }
        }
        #expect(try fixture.names("results").filter { $0.hasSuffix(".ok") }.count == 3)
        #expect(fixture.log.errors.isEmpty)
    }

    @Test(arguments: [csv(3), Self.large])
    func `a file that was cut off goes back to its writer, and is taken when it has grown`(text: String) async throws {
        let fixture = try await SpoolFixture()
        let path = fixture.spool.incoming + "/orders.csv"
        try await self.taking(fixture) { service in
            try Data((text + "155501019999,\"half").utf8).write(to: URL(filePath: path))
            try await self.catchUp(fixture)
            fixture.time.advance(by: .seconds(2))
            try await fixture.log.wait(for: "orders.csv is not complete yet")
            #expect(try fixture.names("incoming") == ["orders.csv"])
            #expect(try fixture.names("importing").isEmpty)
            #expect(try fixture.names("results") == ["catch-up.csv.accepted.json"])
            let writer = try FileHandle(forWritingTo: URL(filePath: path))
            try writer.seekToEnd()
            try writer.write(contentsOf: Data(" and half\"\n".utf8))
            try writer.close()
            try await self.catchUp(fixture)
            fixture.time.advance(by: .seconds(2))
            try await fixture.answered(4)
            #expect(await service.notices.isEmpty)
        }
        #expect(try fixture.names("results").filter { $0.hasPrefix("orders") } == ["orders.csv.accepted.json"])
        #expect(try await fixture.sendable().contains("half and half"))
        #expect(fixture.log.errors.isEmpty)
    }

    // MARK: Trouble

    @Test func `below the floor of free space nothing is taken, and that is said`() async throws {
        let fixture = try await SpoolFixture()
        let free = Mutex<UInt64>(999)
        let service = fixture.intake(minimumFree: 1000, freeSpace: { _ in free.withLock { $0 } })
        try await self.taking(fixture, service) { service in
            let expected = "has 999 bytes free, fewer than spool.minimumFree (1000): no file is taken"
            #expect(await service.notices.first?.hasSuffix(expected) == true)
            try fixture.spool.drop(csv(1), as: "orders.csv")
            try await fixture.log.wait(for: "no file is taken")
            // It looks again, and says nothing again.
            for _ in 0..<3 {
                try await fixture.time.idle(3)
                fixture.time.advance(by: .seconds(2))
            }
            try await fixture.time.idle(3)
            #expect(try fixture.names("incoming") == ["orders.csv"])
            #expect(fixture.log.errors.count == 1)
            free.withLock { $0 = 1000 }
            fixture.time.advance(by: .seconds(2))
            try await fixture.answered(1)
            #expect(await service.notices.isEmpty)
        }
    }

    @Test func `a shutdown does not wait for free space`() async throws {
        let fixture = try await SpoolFixture()
        try await self.taking(fixture, fixture.intake(minimumFree: 1, freeSpace: { _ in 0 })) { _ in
            try fixture.spool.drop(csv(1), as: "orders.csv")
            try await fixture.log.wait(for: "no file is taken")
        }
        #expect(try fixture.names("incoming") == ["orders.csv"])
    }

    @Test func `an import that the queue refuses is said and tried again`() async throws {
        let fixture = try await SpoolFixture()
        try await fixture.database.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'broken'); END")
        try await self.taking(fixture) { service in
            try fixture.spool.drop(csv(1), as: "orders.csv")
            try await fixture.log.wait(for: "import has to wait")
            #expect(await service.notices.map { $0.hasPrefix("batch 1: queue database") } == [true])
            #expect(try fixture.names("results").isEmpty)
            try await fixture.database.execute("DROP TRIGGER broken")
            try await fixture.time.idle(2)
            fixture.time.advance(by: SpoolFixture.retryEvery)
            try await fixture.answered(1)
            try await fixture.time.idle(2)
            #expect(await service.notices.isEmpty)
        }
        #expect(try fixture.names("results") == ["orders.csv.accepted.json"])
    }

    @Test func `trouble is over when a person takes the file away`() async throws {
        let fixture = try await SpoolFixture()
        try await fixture.database.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'broken'); END")
        try await self.taking(fixture) { service in
            try fixture.spool.drop(csv(1), as: "orders.csv")
            try await fixture.log.wait(for: "import has to wait")
            #expect(await service.notices.count == 1)
            try FileManager.default.removeItem(atPath: fixture.layout.importing + "/1~default~orders.csv")
            try await fixture.time.idle(2)
            fixture.time.advance(by: SpoolFixture.retryEvery)
            try await fixture.time.idle(2)
            #expect(await service.notices.isEmpty)
        }
    }

    @Test func `a refusal that the queue refuses is tried again`() async throws {
        let fixture = try await SpoolFixture()
        try await fixture.database.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON batch BEGIN SELECT RAISE(ABORT, 'broken'); END")
        try await self.taking(fixture) { service in
            #expect(symlink("/etc/hostname", fixture.spool.incoming + "/orders.csv") == 0)
            try await fixture.log.wait(for: "import has to wait")
            #expect(await service.notices.count == 1)
            try await fixture.database.execute("DROP TRIGGER broken")
            try await fixture.time.idle(2)
            fixture.time.advance(by: .seconds(30))
            try await fixture.log.wait(for: "refused orders.csv")
            try await fixture.time.idle(2)
            fixture.time.advance(by: SpoolFixture.retryEvery)
            try await fixture.time.idle(2)
            #expect(await service.notices.isEmpty)
        }
        #expect(try fixture.names("results") == ["orders.csv.err", "orders.csv.rejected.json"])
    }

    @Test func `a batch whose answer cannot be written keeps no other from being finished`() async throws {
        let fixture = try await SpoolFixture(users: [.shop])
        for (batch, user) in [(1, .shop), (2, .default)] as [(Int64, UserName)] {
            let taken = try fixture.take(csv(1), as: "orders.csv", batch: batch, user: user)
            #expect(try await fixture.run(fixture.importer(), taken) == .imported)
            try fixture.taking.accept(taken, on: fixture.time.now)
        }
        let results = fixture.layout.results(of: .shop)
        try FileManager.default.removeItem(atPath: results)
        try await self.taking(fixture) { service in
            #expect(try await fixture.progress(of: 2)?.isAnswered == true)
            #expect(try await fixture.progress(of: 1)?.isAnswered == false)
            #expect(await service.notices.count == 1)
            try FileManager.default.createDirectory(atPath: results, withIntermediateDirectories: false)
            fixture.time.advance(by: SpoolFixture.retryEvery)
            try await fixture.answered(1)
        }
        #expect(try fixture.names("results/shop") == ["orders.csv.accepted.json"])
    }

    @Test func `retries beside a stream of files find no fault and take no file twice`() async throws {
        let fixture = try await SpoolFixture()
        try await self.taking(fixture) { service in
            for number in 1...40 {
                try fixture.spool.drop(csv(1, from: number), as: "\(number).csv")
                fixture.time.advance(by: SpoolFixture.retryEvery)
            }
            for batch in 1...40 { try await fixture.answered(Int64(batch)) }
            try await fixture.time.idle(2)
            #expect(await service.notices.isEmpty)
        }
        #expect(fixture.log.errors.isEmpty)
        #expect(try await fixture.sendable().count == 40)
        #expect(try fixture.names("results").count == 40)
    }

    @Test func `a drop directory that is gone is said until it is there again`() async throws {
        let fixture = try await SpoolFixture(users: [.shop])
        try await self.taking(fixture) { service in
            for directory in [fixture.layout.incoming(of: .shop), fixture.layout.incoming] {
                try FileManager.default.removeItem(atPath: directory)
                try await fixture.log.wait(for: "\(directory) cannot be used")
            }
            #expect(await service.notices.count == 2)
            try FileManager.default.createDirectory(
                atPath: fixture.layout.incoming, withIntermediateDirectories: false)
            try await fixture.time.idle(2)
            fixture.time.advance(by: .seconds(30))
            try await fixture.log.wait(for: "the drop directory is there again")
            #expect(await service.notices.count == 1)
        }
    }
}
