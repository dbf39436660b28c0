import Foundation
import SpoolCore
import SpoolFiles
import SpoolQueue
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

/// What a start makes of everything that an earlier daemon left behind.
@Suite(.serialized) struct IntakeServiceStartTests {
    private static let text = csv(3) + "nope,Four\n155501010005,Text 5\n"

    /// Starts the service, waits until it has looked at everything, and stops it.
    private func start(_ fixture: SpoolFixture, _ body: (IntakeService) async throws -> Void = { _ in }) async throws {
        try await asOnlyWatcher {
            let service = fixture.intake()
            try await running(service) { _ in
                try await fixture.time.idle(2)
                try await body(service)
            }
        }
    }

    /// The whole line is through, once.
    private func expectComplete(_ fixture: SpoolFixture) async throws {
        #expect(try await fixture.texts() == [1, 2, 3, 5].map { "Text \($0)" })
        #expect(try await fixture.reader.importAnswer(for: BatchID(rawValue: 1))?.refusals.map(\.line) == [5])
        #expect(try await fixture.progress()?.isAnswered == true)
        #expect(try fixture.names("importing").isEmpty)
        #expect(try fixture.names("accepted/2026-11-21") == ["1~orders.csv"])
        #expect(try fixture.names("results") == ["orders.csv.accepted.json"])
        #expect(fixture.log.errors.isEmpty)
        try await fixture.settle { _ in .sent(at: fixture.time.now) }
        try await running(fixture.results(grace: .zero)) { _ in
            try await fixture.log.wait(for: "reported: 4 of 5 sent")
        }
    }

    // MARK: Where the earlier daemon stopped

    @Test func `taken, nothing stored`() async throws {
        let fixture = try await SpoolFixture()
        _ = try fixture.take(Self.text, as: "orders.csv")
        try await self.start(fixture) { #expect(await $0.notices.isEmpty) }
        try await self.expectComplete(fixture)
    }

    @Test func `some rows stored`() async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take(Self.text, as: "orders.csv")
        let cut = fixture.importer(duplicateWindow: nil, clock: CancellingClock(at: 1), chunkRows: 2)
        let run = Task { try await fixture.run(cut, taken) }
        await #expect(throws: CancellationError.self) { try await run.value }
        #expect(try await fixture.progress()?.records == 2)
        try await self.start(fixture)
        try await self.expectComplete(fixture)
    }

    @Test func `imported, not answered`() async throws {
        let fixture = try await SpoolFixture()
        #expect(try await fixture.run(fixture.importer(), try fixture.take(Self.text, as: "orders.csv")) == .imported)
        // The original is looked for under the day on which it was taken.
        fixture.time.advance(by: .seconds(86_400))
        try await self.start(fixture)
        try await self.expectComplete(fixture)
    }

    @Test func `answered, the original not moved`() async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take(Self.text, as: "orders.csv")
        #expect(try await fixture.run(fixture.importer(), taken) == .imported)
        try await fixture.answers().write(for: taken.batch)
        let answer = try fixture.text("results/orders.csv.accepted.json")
        fixture.time.advance(by: .seconds(600))
        try await self.start(fixture)
        #expect(try fixture.text("results/orders.csv.accepted.json") == answer)
        try await self.expectComplete(fixture)
    }

    @Test func `moved, the queue not told`() async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take(Self.text, as: "orders.csv")
        #expect(try await fixture.run(fixture.importer(), taken) == .imported)
        try await fixture.answers().write(for: taken.batch)
        try fixture.taking.accept(taken, on: fixture.time.now)
        try await self.start(fixture)
        try await self.expectComplete(fixture)
    }

    @Test func `moved, and the client has taken the answer already`() async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take(Self.text, as: "orders.csv")
        #expect(try await fixture.run(fixture.importer(), taken) == .imported)
        try fixture.taking.accept(taken, on: fixture.time.now)
        try await self.start(fixture)
        // Written a second time: nothing says that the first was there.
        try await self.expectComplete(fixture)
    }

    @Test func `all done, and the client has taken the answer`() async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take(Self.text, as: "orders.csv")
        #expect(try await fixture.run(fixture.importer(), taken) == .imported)
        let path = try fixture.taking.accept(taken, on: fixture.time.now)
        try await fixture.queue.markAnswered(
            taken.batch, original: "accepted/2026-11-21/\(path.name)", now: fixture.time.now)
        try await self.start(fixture)
        #expect(try fixture.names("results").isEmpty)
    }

    @Test(arguments: [false, true])
    func `rejected, not answered`(isMoved: Bool) async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take("number,message\nnope,One\n", as: "orders.csv")
        #expect(try await fixture.run(fixture.importer(), taken) == .rejected)
        if isMoved { try fixture.taking.reject(taken) }
        try await self.start(fixture)
        #expect(try fixture.names("rejected") == ["1~orders.csv"])
        #expect(try fixture.names("results") == ["orders.csv.err", "orders.csv.rejected.json"])
        #expect(try fixture.names("importing").isEmpty)
        #expect(try await fixture.progress()?.isAnswered == true)
    }

    @Test func `some rows stored of a large file that was changed while nobody looked`() async throws {
        let fixture = try await SpoolFixture()
        let filler = String(repeating: "x", count: 60_000)
        let rows = (1...20).map { "1555010\(10000 + $0),\(filler)\($0)\n" }
        let taken = try fixture.take("number,message\n" + rows.joined(), as: "orders.csv")
        try await fixture.queue.openBatch(fixture.seed(taken))
        let cut = fixture.importer(duplicateWindow: nil, clock: CancellingClock(at: 1), chunkRows: 5)
        let run = Task { try await fixture.run(cut, taken) }
        await #expect(throws: CancellationError.self) { try await run.value }
        #expect(try await fixture.progress()?.records == 5)
        let changed = "number,message\n" + rows.reversed().joined()
        try fixture.spool.directory.write(changed, to: "spool/importing/1~default~orders.csv")
        try await self.start(fixture)
        #expect(try await fixture.texts().map { $0.dropFirst(60_000) } == (1...20).reversed().map { "\($0)" })
    }

    // MARK: Around it

    @Test func `numbers go on behind the highest that is stored or taken`() async throws {
        let fixture = try await SpoolFixture()
        _ = try fixture.take(csv(1), as: "a.csv", batch: 7)
        try await self.start(fixture) { _ in
            try fixture.spool.drop(csv(2), as: "b.csv")
            try await fixture.answered(8)
        }
        try await self.start(fixture) { _ in
            try fixture.spool.drop(csv(3), as: "c.csv")
            try await fixture.answered(9)
        }
    }

    @Test func `half a result file is removed before anybody writes, and whole ones are not`() async throws {
        let fixture = try await SpoolFixture(users: [.shop])
        try fixture.spool.directory.write("half", to: "spool/results/.spoold-1-1.tmp")
        try fixture.spool.directory.write("half", to: "spool/results/shop/.spoold-1-2.tmp")
        try fixture.spool.directory.write("", to: "spool/results/shop/orders.csv.ok")
        try Daemon.prepare(fixture.layout, for: [.default, .shop])
        #expect(try fixture.names("results") == ["shop"])
        #expect(try fixture.names("results/shop") == ["orders.csv.ok"])
    }

    @Test func `strangers among the taken files are left alone and said`() async throws {
        let fixture = try await SpoolFixture()
        try fixture.spool.directory.write("mine", to: "spool/importing/note.txt")
        try await self.start(fixture)
        #expect(try fixture.names("importing") == ["note.txt"])
        #expect(fixture.log.lines.contains { $0.message.contains("note.txt is not the daemon's") })
    }

    @Test func `files that were dropped while no daemon ran are taken`() async throws {
        let fixture = try await SpoolFixture()
        try fixture.spool.drop(Self.text, as: "orders.csv")
        try await self.start(fixture) { _ in
            // Nobody saw how it came, so it settles.
            fixture.time.advance(by: .seconds(2))
            try await fixture.answered(1)
        }
        try await self.expectComplete(fixture)
    }
}
