import Foundation
import SpoolCore
import SpoolFiles
import SpoolMedia
import SpoolTestSupport
import Testing

@testable import SpoolDaemon
@testable import SpoolQueue

struct ImporterMediaTests {
    private static let pdf = Array("%PDF-1.7\n".utf8)

    /// The first page of an Ogg file with Opus.
    private static let voice =
        Array("OggS".utf8) + [UInt8](repeating: 0, count: 22) + [1, 19] + Array("OpusHead".utf8)
        + [1, 1, 0, 0, 0x80, 0xBB, 0, 0, 0, 0, 0]

    private func put(_ bytes: [UInt8], _ name: String, _ fixture: SpoolFixture) throws {
        try fixture.spool.directory.write(bytes, to: "spool/media/" + name)
    }

    private func claimed(_ fixture: SpoolFixture) async throws -> [ClaimedMessage] {
        let ids = WireIDs()
        return try await fixture.queue.claim(upTo: 10_000, for: .first, lease: .seconds(300), now: fixture.time.now) {
            ids.next()
        }
    }

    private func refusals(_ fixture: SpoolFixture) async throws -> [ImportAnswer.Row] {
        try await fixture.reader.importAnswer(for: BatchID(rawValue: 1))?.refusals ?? []
    }

    /// Names of the contents that the store has.
    private func objects(_ fixture: SpoolFixture) throws -> [String] {
        try fixture.spool.directory.names(in: "state/media/objects").flatMap { part in
            try fixture.spool.directory.names(in: "state/media/objects/" + part)
        }
    }

    @Test func `a local file is copied at import, and its sender may delete it`() async throws {
        let fixture = try await SpoolFixture()
        try self.put(Self.pdf, "price list.pdf", fixture)
        let taken = try fixture.take("number,message,media\n155501010001,Look,price list.pdf\n", as: "a.csv")
        #expect(try await fixture.run(fixture.importer(), taken) == .imported)
        try FileManager.default.removeItem(atPath: fixture.layout.media + "/price list.pdf")
        let message = try #require(try await self.claimed(fixture).first)
        let content = try #require(message.media?.content)
        #expect(content.description.kind == .document && content.description.fileName == "price list.pdf")
        let path = try #require(fixture.media.path(of: content))
        #expect(path.hasPrefix(fixture.spool.state))
        #expect(try Array(Data(contentsOf: URL(filePath: path))) == Self.pdf)
    }

    @Test func `a bad attachment refuses its row with its code and never another row`() async throws {
        let fixture = try await SpoolFixture(users: [.shop])
        try self.put(Self.pdf, "good.pdf", fixture)
        try self.put(Self.pdf, "shop/theirs.pdf", fixture)
        try self.put([], "empty.pdf", fixture)
        try self.put(Array("<html>".utf8), "page.pdf", fixture)
        try self.put([0x7F, 0x45, 0x4C, 0x46], "program", fixture)
        try self.put(Self.voice, "voice.ogg", fixture)
        #expect(symlink("/etc/passwd", fixture.layout.media + "/link.txt") == 0)
        #expect(link(fixture.layout.media + "/good.pdf", fixture.layout.media + "/twin.pdf") == 0)
        #expect(unlink(fixture.layout.media + "/good.pdf") == 0)
        try self.put(Self.pdf, "good.pdf", fixture)
        let large = open(fixture.layout.media + "/large.pdf", O_WRONLY | O_CREAT, 0o600)
        #expect(write(large, Self.pdf, Self.pdf.count) == Self.pdf.count && ftruncate(large, 100_000_001) == 0)
        close(large)
        let rows: [(cells: String, code: ErrorCode?)] = [
            ("Look,good.pdf,", nil), ("Look,none.pdf,", .mediaUnavailable), ("Look,../a.csv,", .mediaForbidden),
            ("Look,/etc/passwd,", .mediaForbidden), ("Look,shop/theirs.pdf,", .mediaForbidden),
            ("Look,link.txt,", .mediaForbidden), ("Look,.,", .mediaForbidden), ("Look,shop,", .mediaForbidden),
            ("Look,empty.pdf,", .mediaType), ("Look,page.pdf,", .mediaType), ("Look,program,", .mediaType),
            ("Look,good.pdf,image", .mediaType), ("Look,large.pdf,", .mediaTooLarge),
            ("Look,voice.ogg,", .validation), (",voice.ogg,", nil), ("Look,voice.ogg,document", nil),
            ("Look,http://127.0.0.1/a.pdf,", .mediaForbidden), ("Look,http://0x7f.1/a.pdf,", .mediaForbidden),
            ("Look,file:///etc/passwd,", .mediaForbidden), ("Look,http://a:b@files.example/,", .mediaForbidden),
            ("Look,https://files.example/a.pdf,", nil), ("Look,,", nil),
        ]
        let text = "number,message,media,type\n" + rows.map { "155501010001,\($0.cells)\n" }.joined()
        let taken = try fixture.take(text, as: "a.csv")
        #expect(try await fixture.run(fixture.importer(), taken) == .imported)
        let refused = try await self.refusals(fixture)
        let expected = rows.enumerated().compactMap { index, row in row.code.map { (index + 2, $0) } }
        #expect(refused.map(\.line) == expected.map(\.0))
        #expect(refused.map(\.refusal.code) == expected.map(\.1))
        for row in refused {
            #expect(row.refusal.field == (row.refusal.code == .validation ? "message" : "mediaUrl"), "\(row)")
        }
        let claimed = try await self.claimed(fixture)
        #expect(claimed.map(\.media?.content?.description.kind) == [.document, .audio, .document, nil])
        #expect(claimed[1].media?.content?.description.isVoiceNote == true)
        let wanted = try await fixture.reader.wantedMedia(of: taken.batch, now: fixture.time.now, limit: 10)
        #expect(wanted.map(\.reference.source) == ["https://files.example/a.pdf"])
    }

    @Test func `the same file in a thousand rows is copied once`() async throws {
        let fixture = try await SpoolFixture()
        try self.put(Self.pdf, "a.pdf", fixture)
        let text = "# media: a.pdf\nnumber\n" + (0..<1000).map { "1555010\(10000 + $0)\n" }.joined()
        let taken = try fixture.take(text, as: "a.csv")
        #expect(try await fixture.run(fixture.importer(chunkRows: 100), taken) == .imported)
        #expect(try self.objects(fixture).count == 1)
        let claimed = try await self.claimed(fixture)
        #expect(claimed.count == 1000)
        #expect(Set(claimed.map(\.media)).count == 1)
    }

    @Test func `a user's rows name files below the user's own directory`() async throws {
        let fixture = try await SpoolFixture(users: [.shop])
        try self.put(Self.pdf, "default.pdf", fixture)
        try self.put(Self.pdf, "shop/own.pdf", fixture)
        let taken = try fixture.take(
            "number,media\n155501010001,own.pdf\n155501010002,../default.pdf\n155501010003,default.pdf\n", as: "a.csv",
            user: .shop)
        #expect(try await fixture.run(fixture.importer(), taken) == .imported)
        #expect(try await self.refusals(fixture).map(\.refusal.code) == [.mediaForbidden, .mediaUnavailable])
        #expect(try await self.claimed(fixture).count == 1)
    }

    @Test func `one bad attachment rejects a strict file, and nothing of it stays in the store`() async throws {
        let fixture = try await SpoolFixture()
        try self.put(Self.pdf, "a.pdf", fixture)
        let taken = try fixture.take(
            "# strict: true\nnumber,media\n155501010001,a.pdf\n155501010002,none.pdf\n", as: "a.csv")
        #expect(try await fixture.run(fixture.importer(), taken) == .rejected)
        let rejection = try #require(try await fixture.rejection())
        #expect(rejection.refusal.code == .mediaUnavailable && rejection.line == 4)
        #expect(try self.objects(fixture) == [])
        #expect(try fixture.spool.directory.names(in: "state/media/batches") == [])
    }

    @Test func `an import that is cut off goes on with its copies, though the originals are gone`() async throws {
        let fixture = try await SpoolFixture()
        try self.put(Self.pdf, "a.pdf", fixture)
        let text = "# media: a.pdf\n" + csv(6)
        let taken = try fixture.take(text, as: "a.csv")
        await #expect(throws: CancellationError.self) {
            // The fourth look at the clock is that of the second chunk.
            try await Task {
                try await fixture.run(fixture.importer(clock: CancellingClock(at: 3), chunkRows: 2), taken)
            }.value
        }
        let stored = try #require(try await fixture.progress()?.records)
        #expect((1..<6).contains(stored))
        try FileManager.default.removeItem(atPath: fixture.layout.media + "/a.pdf")
        #expect(try await fixture.run(fixture.importer(), try fixture.takeAgain()) == .imported)
        let claimed = try await self.claimed(fixture)
        #expect(claimed.count == 6)
        #expect(claimed.allSatisfy { $0.media?.content.flatMap { fixture.media.path(of: $0) } != nil })
    }

    @Test func `copies stop before the disk is full, and the import waits`() async throws {
        let fixture = try await SpoolFixture()
        try self.put(Self.pdf, "a.pdf", fixture)
        let taken = try fixture.take("number,media\n155501010001,a.pdf\n", as: "a.csv")
        let full = fixture.admission(minimumFree: 200) { _ in 199 }
        await #expect(throws: MediaError.self) { try await fixture.run(fixture.importer(media: full), taken) }
        #expect(try await fixture.progress()?.isRejected != true)
        #expect(try self.objects(fixture) == [])
        let room = fixture.admission(minimumFree: 200) { _ in 200 }
        #expect(try await fixture.run(fixture.importer(media: room), taken) == .imported)
    }

    @Test func `an attachment leaves the store when the results are written`() async throws {
        let fixture = try await SpoolFixture()
        try self.put(Self.pdf, "a.pdf", fixture)
        let taken = try fixture.take("number,media\n155501010001,a.pdf\n", as: "a.csv")
        #expect(try await fixture.run(fixture.importer(), taken) == .imported)
        let path = try fixture.taking.accept(taken, on: fixture.time.now)
        try await fixture.queue.markAnswered(
            taken.batch, original: "accepted/2026-11-21/\(path.name)", now: fixture.time.now)
        try await fixture.settle { _ in .sent(at: fixture.time.now) }
        #expect(try self.objects(fixture).count == 1)
        try await running(fixture.results(grace: .zero)) { _ in
            try await fixture.log.wait(for: "reported: 1 of 1 sent")
        }
        #expect(try self.objects(fixture) == [])
        #expect(try fixture.text("results/a.csv.result.csv").hasPrefix("number,media,queueId,status"))
    }

    @Test func `a copy that is gone from the state directory fails its message`() async throws {
        let fixture = try await DaemonFixture()
        let description = MediaDescription(kind: .document, mimeType: "application/pdf", fileName: "a.pdf", size: 9)
        let content = MediaContent(hash: [UInt8](repeating: 1, count: 32), description: description)
        let name = DropFileName("a.csv")
        let seed = BatchSeed(
            id: BatchID(rawValue: 1), user: .default, file: name, results: name, format: "csv", digest: nil, inode: 1,
            takenAt: fixture.time.now, original: "accepted/a.csv", isDryRun: false)
        let row = ImportRow(record: 1, line: 2, content: .success(request(1, media: "a.pdf")), media: content)
        try await fixture.queue.finishImport([row], of: seed, isStrict: false, now: fixture.time.now)
        try await running(fixture.delivery()) { _ in try await fixture.stored() }
        let message = try await fixture.message(QueueID(rawValue: 1))
        #expect(message.status == .failed && message.errorCode == "MEDIA_UNAVAILABLE")
        #expect(fixture.transport.sends.isEmpty)
    }
}
