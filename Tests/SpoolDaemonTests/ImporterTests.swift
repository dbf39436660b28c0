import Foundation
import Glibc
import SpoolCore
import SpoolFiles
import SpoolTestSupport
import Testing

@testable import SpoolDaemon
@testable import SpoolQueue

struct ImporterTests {
    // MARK: Verdicts

    @Test func `valid rows become sendable, refused ones are kept with their lines`() async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take(
            "number,message\n155501010001,One\nnope,Two\n155501010003,Three\n", as: "orders.csv")
        #expect(try await fixture.run(fixture.importer(), taken) == .imported)
        let answer = try #require(try await fixture.reader.importAnswer(for: taken.batch))
        #expect(answer.batch.pending == 2)
        #expect(answer.refusals.map(\.line) == [3])
        #expect(answer.refusals.map(\.refusal.code) == [.validation])
        #expect(answer.rejection == nil)
        #expect(try await fixture.sendable() == ["One", "Three"])
    }

    private struct Bad: Sendable {
        let name: String
        let text: String
        let code: ErrorCode
        var line: Int? = nil

        static let all = [
            Bad(name: "orders.txt", text: "hello", code: .unsupportedFormat),
            Bad(name: "orders", text: "hello", code: .unsupportedFormat),
            Bad(name: "orders.csv", text: "", code: .emptyFile),
            Bad(name: "orders.csv", text: "number,message\n155501010001,\"cut", code: .incompleteFile, line: 2),
            Bad(name: "orders.json", text: "{\"messages\": [", code: .incompleteFile, line: 1),
            Bad(name: "orders.json", text: "{\"number\": 1,, }", code: .validation, line: 1),
            Bad(name: "orders.csv", text: "number,message\n155501010001,a\u{0}b\n", code: .encoding, line: 2),
            Bad(name: "orders.csv", text: "number,message\nnope,One\n", code: .validation, line: 2),
        ]
    }

    @Test(arguments: Bad.all)
    private func `a file of which nothing can be taken is rejected with its reason`(bad: Bad) async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take(bad.text, as: bad.name)
        #expect(try await fixture.run(fixture.importer(), taken) == .rejected)
        let rejection = try #require(try await fixture.rejection())
        #expect(rejection.refusal.code == bad.code)
        #expect(rejection.line == bad.line)
        #expect(try await fixture.texts().isEmpty)
        #expect(try await fixture.progress()?.isRejected == true)
    }

    @Test func `what was refused when it was taken is rejected with that reason`() async throws {
        let fixture = try await SpoolFixture()
        #expect(symlink("/etc/hostname", fixture.spool.incoming + "/orders.csv") == 0)
        let taken = try fixture.takeDropped("orders.csv")
        #expect(try await fixture.run(fixture.importer(), taken) == .rejected)
        #expect(try await fixture.rejection()?.refusal.code == .unreadable)
    }

    @Test(arguments: [
        "", "number,message\n155501010001,One\n155501010002,\"cut",
        "number,message\n155501010001,One\n155501010002,\u{E9}",
    ])
    func `a file that ends too early is left to its writer, with nothing of it stored`(text: String) async throws {
        let fixture = try await SpoolFixture()
        // The last one ends inside a character.
        let bytes = text.hasSuffix("\u{E9}") ? Array(Array(text.utf8).dropLast()) : Array(text.utf8)
        try fixture.spool.directory.write(bytes, to: "spool/incoming/orders.csv")
        let taken = try fixture.takeDropped("orders.csv")
        #expect(try await fixture.run(fixture.importer(), taken, mayStillGrow: true) == .mayStillGrow)
        #expect(try await fixture.progress() == nil)
        #expect(try await fixture.run(fixture.importer(), taken, mayStillGrow: false) == .rejected)
    }

    @Test func `a file that was written to since it was taken is not made sendable`() async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take(csv(3), as: "orders.csv")
        let writer = open(taken.path.description, O_WRONLY | O_APPEND)
        #expect(write(writer, "1", 1) == 1)
        close(writer)
        #expect(try await fixture.run(fixture.importer(chunkRows: 2), taken) == .changed)
        #expect(try await fixture.sendable().isEmpty)
        #expect(try await fixture.progress()?.isImported == false)
    }

    @Test func `a strict file with one bad row is rejected whole`() async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take(
            "# strict: true\n" + csv(5) + "nope,Six\n" + "155501010007,Seven\n", as: "orders.csv")
        #expect(try await fixture.run(fixture.importer(chunkRows: 2), taken) == .rejected)
        #expect(try await fixture.texts().isEmpty)
        let answer = try #require(try await fixture.reader.importAnswer(for: taken.batch))
        #expect(answer.rejection?.line == 8)
        #expect(answer.refusals.map(\.line) == [8])
    }

    @Test func `a row may name a device that there is`() async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take(
            "number,message,device\n155501010001,One,dev2\n155501010002,Two,dev9\n155501010003,Three,\n",
            as: "orders.csv")
        #expect(try await fixture.run(fixture.importer(), taken) == .imported)
        let answer = try #require(try await fixture.reader.importAnswer(for: taken.batch))
        #expect(
            answer.refusals.map(\.refusal) == [
                Refusal(
                    .unknownDevice, "There is no device of this name; there are: dev1, dev2", field: "sessionId")
            ])
        let pinned = try await fixture.reader.messages(
            MessageFilter(.queue, device: .second), limit: 10
        ).elements
        #expect(pinned.map(\.line) == [2])
    }

    @Test func `a row goes to its device though that is renamed while the file is read`() async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take("number,message,device\n155501010001,One,dev1\n", as: "orders.csv")
        let renaming = DeviceRenaming(from: .first, to: .second)
        let importer = fixture.importer(devices: {
            // What the board says is old at once.
            await #expect(throws: Never.self) {
                try await fixture.queue.beginRenaming(renaming)
                try await fixture.queue.finishRenaming(renaming)
            }
            return [.first]
        })
        #expect(try await fixture.run(importer, taken) == .imported)
        #expect(try await fixture.database.strings("SELECT pin FROM message") == ["dev2"])
    }

    @Test func `rows for a device that is removed while the file is read do not wait for it`() async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take(
            "number,message,device\n155501010001,One,dev1\n155501010002,Two,dev2\n", as: "orders.csv")
        let importer = fixture.importer(devices: {
            await #expect(throws: Never.self) {
                try await fixture.queue.failOrphans(of: .second, now: fixture.time.now)
            }
            return [.first, .second]
        })
        #expect(try await fixture.run(importer, taken) == .imported)
        let answer = try #require(try await fixture.reader.importAnswer(for: taken.batch))
        #expect(answer.refusals.map(\.refusal.code) == [.unknownDevice])
        #expect(try await fixture.sendable() == ["One"])
    }

    // MARK: Chunks

    @Test(arguments: 1...3)
    func `an import that was cut off goes on where it was, no row lost and none doubled`(chunks: Int) async throws {
        let fixture = try await SpoolFixture()
        let text =
            csv(4) + "nope,Five\n"
            + "155501010006,Text 6\n155501010007,Text 7\n155501010008,Text 8\n155501010009,Text 9\n"
        let first = try fixture.take(text, as: "orders.csv")
        let cut = fixture.importer(duplicateWindow: nil, clock: CancellingClock(at: chunks), chunkRows: 2)
        let run = Task { try await fixture.run(cut, first) }
        await #expect(throws: CancellationError.self) { try await run.value }
        #expect(try await fixture.progress()?.records == 2 * chunks)
        #expect(try await fixture.sendable().isEmpty)
        let second = try fixture.takeAgain()
        #expect(try await fixture.run(fixture.importer(chunkRows: 2), second) == .imported)
        #expect(try await fixture.texts() == [1, 2, 3, 4, 6, 7, 8, 9].map { "Text \($0)" })
        #expect(try await fixture.reader.importAnswer(for: second.batch)?.refusals.map(\.line) == [6])
    }

    @Test func `a chunk ends at its number of bytes too`() async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take(csv(9), as: "orders.csv")
        let cut = fixture.importer(duplicateWindow: nil, clock: CancellingClock(at: 1), chunkBytes: 13)
        let run = Task { try await fixture.run(cut, taken) }
        await #expect(throws: CancellationError.self) { try await run.value }
        // Three texts of six bytes.
        #expect(try await fixture.progress()?.records == 3)
    }

    @Test func `a cancellation before the first chunk leaves nothing, and a later run completes`() async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take(csv(5), as: "orders.csv")
        let cut = fixture.importer(
            chunkRows: 2,
            devices: {
                withUnsafeCurrentTask { $0?.cancel() }
                return []
            })
        let run = Task { try await fixture.run(cut, taken) }
        await #expect(throws: CancellationError.self) { try await run.value }
        #expect(try await fixture.progress() == nil)
        #expect(try await fixture.run(fixture.importer(), try fixture.takeAgain()) == .imported)
        #expect(try await fixture.texts().count == 5)
    }

    @Test func `rows that were stored of other bytes are taken back`() async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take(csv(5, from: 100), as: "orders.csv")
        var seed = fixture.seed(taken)
        seed.digest = [UInt8](repeating: 7, count: 32)
        let rows = (1...3).map { ImportRow(record: $0, line: $0 + 1, content: .success(request($0))) }
        try await fixture.queue.append(rows, to: seed, now: fixture.time.now)
        #expect(try await fixture.run(fixture.importer(), taken) == .imported)
        #expect(try await fixture.texts() == (100...104).map { "Text \($0)" })
    }

    @Test func `a queue that cannot be written fails the run, not the file`() async throws {
        let fixture = try await SpoolFixture()
        let taken = try fixture.take(csv(5), as: "orders.csv")
        try await fixture.database.execute(
            """
            CREATE TRIGGER broken BEFORE INSERT ON message WHEN NEW.record = 4 BEGIN SELECT RAISE(ABORT, 'broken'); END
            """)
        await #expect(throws: QueueError.self) { try await fixture.run(fixture.importer(chunkRows: 2), taken) }
        #expect(try await fixture.progress()?.records == 2)
        try await fixture.database.execute("DROP TRIGGER broken")
        #expect(try await fixture.run(fixture.importer(chunkRows: 2), taken) == .imported)
        #expect(try await fixture.texts() == (1...5).map { "Text \($0)" })
    }

    // MARK: The same file twice

    @Test func `the same bytes are a duplicate in the window, by the same user`() async throws {
        let fixture = try await SpoolFixture(users: [.shop])
        let importer = fixture.importer(duplicateWindow: .seconds(3600))
        #expect(try await fixture.run(importer, try fixture.take(csv(2), as: "a.csv")) == .imported)
        #expect(try await fixture.run(importer, try fixture.take(csv(2), as: "b.csv", batch: 2)) == .rejected)
        let refusal = try #require(try await fixture.rejection(of: 2)).refusal
        #expect(refusal.code == .duplicateFile)
        #expect(refusal.message.contains("batch 1;"))
        #expect(
            try await fixture.run(importer, try fixture.take(csv(2), as: "a.csv", batch: 3, user: .shop)) == .imported)
        fixture.time.advance(by: .seconds(3600))
        #expect(try await fixture.run(importer, try fixture.take(csv(2), as: "c.csv", batch: 4)) == .imported)
    }

    @Test(arguments: [
        ("orders.csv", "# force: true\n" + csv(1)),
        ("orders.json", "{\"number\": \"155501010001\", \"message\": \"Hi\", \"force\": true}"),
    ])
    func `a forced file is taken again`(name: String, text: String) async throws {
        let fixture = try await SpoolFixture()
        for batch in 1...3 as ClosedRange<Int64> {
            let taken = try fixture.take(text, as: name, batch: batch)
            #expect(try await fixture.run(fixture.importer(), taken) == .imported)
        }
    }

    @Test func `a rejected file is no first one`() async throws {
        let fixture = try await SpoolFixture()
        for batch in 1...2 as ClosedRange<Int64> {
            let taken = try fixture.take("number,message\nnope,One\n", as: "orders.csv", batch: batch)
            #expect(try await fixture.run(fixture.importer(), taken) == .rejected)
            #expect(try await fixture.rejection(of: batch)?.refusal.code == .validation)
        }
    }

    @Test func `without a window nothing is a duplicate`() async throws {
        let fixture = try await SpoolFixture()
        for batch in 1...2 as ClosedRange<Int64> {
            let taken = try fixture.take(csv(1), as: "orders.csv", batch: batch)
            #expect(try await fixture.run(fixture.importer(duplicateWindow: nil), taken) == .imported)
        }
    }

    @Test func `two equal files that are read side by side are not both taken`() async throws {
        let fixture = try await SpoolFixture()
        let second = try fixture.take(csv(3), as: "b.csv", batch: 2)
        let first = try fixture.take(csv(3), as: "a.csv")
        // The second file is imported whole after the first one was found to be no duplicate.
        let slow = fixture.importer(devices: {
            let verdict = try? await fixture.run(fixture.importer(), second)
            #expect(verdict == .imported)
            return []
        })
        #expect(try await fixture.run(slow, first) == .rejected)
        #expect(try await fixture.rejection()?.refusal.code == .duplicateFile)
        #expect(try await fixture.texts().isEmpty)
    }
}
