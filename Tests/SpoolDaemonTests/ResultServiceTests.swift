import Foundation
import SpoolCore
import SpoolFiles
import SpoolQueue
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

struct ResultServiceTests {
    /// Imports a file as the daemon does, up to and with its answer.
    private func accept(_ text: String, as name: String, batch: Int64 = 1, _ fixture: SpoolFixture) async throws {
        let taken = try fixture.take(text, as: name, batch: batch)
        #expect(try await fixture.run(fixture.importer(), taken) == .imported)
        let path = try fixture.taking.accept(taken, on: fixture.time.now)
        try await fixture.queue.markAnswered(
            taken.batch, original: "accepted/2026-11-21/\(path.name)", now: fixture.time.now)
    }

    /// Every third row fails.
    private func settle(_ fixture: SpoolFixture) async throws {
        try await fixture.settle { message in
            message.id.rawValue.isMultiple(of: 3)
                ? .failed(.rejected, error: "=no") : .sent(at: fixture.time.now)
        }
    }

    @Test func `the files come when the grace is over, the marker last`() async throws {
        let fixture = try await SpoolFixture()
        try await self.accept(csv(3) + "nope,Four\n", as: "orders.csv", fixture)
        try await running(fixture.results()) { _ in
            try await fixture.time.pass(.seconds(600), by: .seconds(60))
            let news = try DirectoryNews(fixture.layout.results)
            try await self.settle(fixture)
            fixture.wakeUps.results.ring()
            try await fixture.time.pass(.milliseconds(2999), by: .milliseconds(500))
            #expect(try fixture.names("results").isEmpty)
            fixture.time.advance(by: .milliseconds(1))
            try await fixture.log.wait(for: "reported: 2 of 4 sent")
            #expect(news.names() == ["orders.csv.result.csv", "orders.csv.failed.csv", "orders.csv.some"])
        }
        let refusal = try await fixture.reader.importAnswer(for: BatchID(rawValue: 1))?.refusals.first?.refusal
        let wireIDs = try await fixture.wireIDs()
        let expected = """
            number,message,queueId,status,messageId,sessionId,sentAt,deliveredAt,readAt,errorCode,error
            155501010001,Text 1,1,sent,\(wireIDs[0]),dev1,2026-11-21T12:10:00.000Z,,,,
            155501010002,Text 2,2,sent,\(wireIDs[1]),dev1,2026-11-21T12:10:00.000Z,,,,
            155501010003,Text 3,3,failed,\(wireIDs[2]),dev1,,,,REJECTED,'=no
            nope,Four,,failed,,,,,,VALIDATION_ERROR,\(try #require(refusal).message)

            """
        let result = try fixture.text("results/orders.csv.result.csv")
        #expect(result == expected)
        #expect(
            try fixture.text("results/orders.csv.failed.csv").hasPrefix("number,message,errorCode,error\n155501010003,")
        )
        #expect(try fixture.names("results").count == 3)
        #expect(fixture.log.errors.isEmpty)
        #expect(try await fixture.reader.batch(BatchID(rawValue: 1))?.status == .reported)
    }

    @Test func `receipts that come in the grace are in the file`() async throws {
        let fixture = try await SpoolFixture()
        try await self.accept(csv(1), as: "orders.csv", fixture)
        try await self.settle(fixture)
        try await running(fixture.results()) { _ in
            try await fixture.time.pass(.seconds(2), by: .seconds(1))
            let wireID = WireMessageID(rawValue: try await fixture.wireIDs()[0])
            try await fixture.queue.recordReceipts(
                [Receipt(wireID: wireID, deliveredAt: fixture.time.now)], now: fixture.time.now)
            fixture.time.advance(by: .seconds(1))
            try await fixture.log.wait(for: "reported")
        }
        let result = try fixture.text("results/orders.csv.result.csv")
        #expect(result.contains("12:00:00.000Z,2026-11-21T12:00:02.000Z,,"), "\(result)")
    }

    @Test func `what a clock that was ahead has settled is reported when the clock is right again`() async throws {
        let fixture = try await SpoolFixture()
        try await self.accept(csv(1), as: "orders.csv", fixture)
        fixture.time.wall.set(to: TestTime.noon + .seconds(365 * 86400))
        try await self.settle(fixture)
        fixture.time.wall.set(to: TestTime.noon)
        try await running(fixture.results()) { _ in try await fixture.log.wait(for: "reported: 1 of 1 sent") }
    }

    private struct Ending: Sendable {
        let text: String
        let settlement: Settlement
        let names: [String]

        static let all = [
            Ending(text: csv(2), settlement: .sent(at: TestTime.noon), names: ["ok", "result.csv"]),
            Ending(
                text: csv(2) + "nope,Bad\n", settlement: .sent(at: TestTime.noon),
                names: ["failed.csv", "result.csv", "some"]),
            Ending(
                text: csv(2), settlement: .failed(.rejected, error: "no"), names: ["err", "failed.csv", "result.csv"]),
        ]
    }

    @Test(arguments: Ending.all)
    private func `the marker says how it ended`(ending: Ending) async throws {
        let fixture = try await SpoolFixture()
        try await self.accept(ending.text, as: "orders.csv", fixture)
        try await fixture.settle { _ in ending.settlement }
        try await running(fixture.results(grace: .zero)) { _ in try await fixture.log.wait(for: "reported") }
        #expect(try fixture.names("results") == ending.names.map { "orders.csv." + $0 })
    }

    @Test func `a cancelled batch ends with err and has no failed rows`() async throws {
        let fixture = try await SpoolFixture()
        try await self.accept(csv(2), as: "orders.csv", fixture)
        _ = try await fixture.queue.cancel(.batch(BatchID(rawValue: 1)), now: fixture.time.now)
        try await running(fixture.results(grace: .zero)) { _ in try await fixture.log.wait(for: "reported") }
        #expect(try fixture.names("results") == ["orders.csv.err", "orders.csv.result.csv"])
    }

    @Test(arguments: [
        ("one.json", "{\"number\": \"155501010001\", \"message\": \"Hi\"}", "one.json.result.json"),
        ("more.ndjson", "{\"number\": \"155501010001\", \"message\": \"Hi\"}\n", "more.ndjson.result.jsonl"),
    ])
    func `the result has the form of the file`(name: String, text: String, result: String) async throws {
        let fixture = try await SpoolFixture()
        try await self.accept(text, as: name, fixture)
        try await self.settle(fixture)
        try await running(fixture.results(grace: .zero)) { _ in try await fixture.log.wait(for: "reported") }
        #expect(try fixture.names("results") == [name + ".ok", result])
        #expect(try fixture.text("results/" + result).contains("\"queueId\": 1, \"status\": \"sent\""))
    }

    @Test func `a batch with an open message is not reported`() async throws {
        let fixture = try await SpoolFixture()
        try await self.accept(csv(1) + "155501010002,Later\n", as: "orders.csv", fixture)
        try await fixture.settle { message in
            message.text == "Later"
                ? .deferred(until: TestTime.noon + .seconds(3600), code: "503", reason: "busy")
                : .sent(at: TestTime.noon)
        }
        try await running(fixture.results()) { _ in try await fixture.time.pass(.seconds(120), by: .seconds(30)) }
        #expect(try fixture.names("results").isEmpty)
    }

    @Test func `files that are there stay as they are, and the rest is completed`() async throws {
        let fixture = try await SpoolFixture()
        try await self.accept(csv(3), as: "orders.csv", fixture)
        try await self.settle(fixture)
        try fixture.spool.directory.write("mine", to: "spool/results/orders.csv.result.csv")
        try await running(fixture.results(grace: .zero)) { _ in try await fixture.log.wait(for: "reported") }
        #expect(try fixture.text("results/orders.csv.result.csv") == "mine")
        #expect(
            try fixture.names("results") == ["orders.csv.failed.csv", "orders.csv.result.csv", "orders.csv.some"])
    }

    @Test func `what the client has taken away is not written again`() async throws {
        let fixture = try await SpoolFixture()
        try await self.accept(csv(1), as: "orders.csv", fixture)
        try await self.settle(fixture)
        try await running(fixture.results(grace: .zero)) { _ in try await fixture.log.wait(for: "reported") }
        for name in try fixture.names("results") {
            try FileManager.default.removeItem(atPath: fixture.layout.results + "/" + name)
        }
        try await running(fixture.results(grace: .zero)) { _ in
            fixture.wakeUps.results.ring()
            try await fixture.time.pass(.seconds(120), by: .seconds(30))
        }
        #expect(try fixture.names("results").isEmpty)
    }

    @Test func `files that cannot be written come later, without a marker before them, and cost no other batch`()
        async throws
    {
        let fixture = try await SpoolFixture()
        try await self.accept(csv(1), as: "a.csv", fixture)
        try await self.accept(csv(1, from: 2), as: "b.csv", batch: 2, fixture)
        try await self.settle(fixture)
        let original = fixture.layout.accepted + "/2026-11-21/1~a.csv"
        try moveFile(from: original, to: original + ".away")
        try await running(fixture.results(grace: .zero)) { _ in
            try await fixture.log.wait(for: "results cannot be written, trying again")
            try await fixture.log.wait(for: "reported: 1 of 1 sent")
            #expect(try fixture.names("results") == ["b.csv.ok", "b.csv.result.csv"])
            // A queue at work rings often; that is no reason to try more often.
            for _ in 0..<5 {
                fixture.wakeUps.results.ring()
                try await fixture.time.pass(.seconds(5), by: .seconds(5))
            }
            #expect(fixture.log.errors.count == 1)
            try moveFile(from: original + ".away", to: original)
            try await fixture.time.pass(.seconds(5), by: .seconds(5))
            try await fixture.log.wait(for: "reported: 1 of 1 sent")
        }
        #expect(try fixture.names("results") == ["a.csv.ok", "a.csv.result.csv", "b.csv.ok", "b.csv.result.csv"])
    }

    @Test func `a batch that fails again does not keep the next one waiting`() async throws {
        let fixture = try await SpoolFixture()
        try await self.accept(csv(1, from: 2), as: "late.csv", fixture)
        try await self.accept(csv(1), as: "broken.csv", batch: 2, fixture)
        try FileManager.default.removeItem(atPath: fixture.layout.accepted + "/2026-11-21/2~broken.csv")
        _ = try await fixture.queue.cancel(.batch(BatchID(rawValue: 2)), now: fixture.time.now)
        fixture.time.advance(by: .seconds(2))
        try await self.settle(fixture)
        fixture.time.advance(by: .seconds(1))
        try await running(fixture.results()) { _ in
            // One batch is to be tried again in 30 s, the other is due in 2 s.
            try await fixture.log.wait(for: "results cannot be written")
            try await fixture.time.pass(.seconds(2), by: .seconds(1))
            #expect(try fixture.names("results") == ["late.csv.ok", "late.csv.result.csv"])
        }
    }
}
