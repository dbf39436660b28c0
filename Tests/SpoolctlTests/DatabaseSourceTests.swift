import ArgumentParser
import SpoolConfig
import SpoolCore
import SpoolQueue
import SpoolTestSupport
import Testing

@testable import spoolctl

struct DatabaseSourceTests {
    private func configuration(_ fixture: CommandFixture) -> DaemonConfiguration {
        var configuration = DaemonConfiguration()
        configuration.state.directory = fixture.spool.state
        return configuration
    }

    @Test func `the history is narrowed by every condition`() async throws {
        let fixture = try CommandFixture()
        let queue = MessageQueue(try fixture.makeQueue())
        try await queue.importBatch(1, rows: 1, ref: "a b")
        try await queue.settleAll()
        try await queue.importBatch(2, rows: 2, file: "b.csv")
        try await queue.settleAll(.failed(.notOnWhatsApp, error: "No such number"))
        let source = try DatabaseSource(self.configuration(fixture))
        for (arguments, ids): ([String], [Int64]) in [
            ([], [3, 2, 1]), (["--status", "sent"], [1]), (["--batch", "2"], [3, 2]), (["--batch", "3"], []),
            (["--number", "+1 555 000-0002"], [3]), (["--ref", "a b"], [1]), (["--device", "dev2"], []),
            (["--device", "dev1"], [3, 2, 1]), (["--from", "2026-11-21", "--to", "2026-11-21"], [3, 2, 1]),
            (["--to", "2026-11-20"], []), (["--from", "2026-11-22"], []),
        ] {
            let conditions = try HistoryCommand.parse(arguments).conditions
            let page = try await source.page(of: .history(conditions), after: nil, limit: 1000)
            #expect(page.rows.compactMap { $0["queueId"]?.integer } == ids, "\(arguments)")
        }
    }

    @Test func `days are those of the configured zone`() async throws {
        let fixture = try CommandFixture()
        let queue = MessageQueue(try fixture.makeQueue())
        try await queue.importBatch(1, rows: 1)
        try await queue.settleAll()
        var configuration = self.configuration(fixture)
        configuration.timeZone = try #require(TimeZoneName("Pacific/Kiritimati"))
        let source = try DatabaseSource(configuration)
        // 10:00 in UTC is midnight there: the next day has begun.
        for (day, count) in [("2026-11-21", 0), ("2026-11-22", 1)] {
            let conditions = try HistoryCommand.parse(["--from", day, "--to", day]).conditions
            #expect(try await source.page(of: .history(conditions), after: nil, limit: 10).rows.count == count)
        }
    }

    @Test func `keys are listed without their text`() async throws {
        let fixture = try CommandFixture()
        let queue = MessageQueue(try fixture.makeQueue())
        _ = try await queue.addKey(name: "a", user: .default, expiresAt: nil, now: CommandFixture.now)
        let page = try await DatabaseSource(self.configuration(fixture)).page(of: .keys, after: nil, limit: 1000)
        #expect(
            page.rows.map(\.text) == [
                #"{"id":1,"name":"a","user":"default","createdAt":"2026-11-21T10:00:00.000Z","expiresAt":null,"revokedAt":null}"#
            ])
    }

    @Test func `a database that is not there cannot be asked`() throws {
        let configuration = self.configuration(try CommandFixture())
        let failure = #expect(throws: CommandFailure.self) { try DatabaseSource(configuration) }
        #expect(failure?.status == .unreachable)
    }
}
