import Foundation
import GRDB
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolQueue

@Suite struct MessageQueueMediaTests {
    private let test: TestQueue
    private let now = TestQueue.noon
    private static let url = "https://files.example/flyer.pdf"

    init() throws {
        self.test = try TestQueue()
    }

    private static let content: MediaContent = {
        var description = MediaDescription(kind: .image, mimeType: "image/jpeg", fileName: "a.jpg", size: 12_345)
        (description.width, description.height, description.thumbnail) = (640, 480, [0xFF, 0xD8, 0xFF])
        return MediaContent(hash: [UInt8](repeating: 7, count: 32), description: description)
    }()

    private static func sound(_ seconds: Int? = 9) -> MediaContent {
        var description = MediaDescription(kind: .audio, mimeType: "audio/ogg; codecs=opus", fileName: nil, size: 99)
        (description.isVoiceNote, description.seconds) = (true, seconds)
        return MediaContent(hash: [UInt8](repeating: 9, count: 32), description: description)
    }

    private func wanted(_ batch: Int64 = 1, now: Date = TestQueue.noon) async throws -> [WantedMedia] {
        try await self.test.reader.wantedMedia(of: BatchID(rawValue: batch), now: now, limit: 100)
    }

    private func onlyWanted() async throws -> MediaID { try #require(try await self.wanted().first).id }

    /// Tells all messages of an attachment that is there now.
    private func arrive(_ media: MediaID, _ content: MediaContent = content) async throws {
        var isMore = try await self.test.queue.storeMedia(content, for: media, now: self.now)
        while isMore { isMore = try await self.test.queue.tell(of: media, now: self.now) }
    }

    // MARK: Import

    @Test func `a row whose file was found is claimed with it`() async throws {
        let reference = MediaReference(source: "a.jpg", kind: .image, fileName: "shown.jpg")
        let row = ImportRow(
            record: 1, line: 2, content: .success(request(1, media: reference)), media: Self.content)
        try await self.test.queue.finishImport([row], of: self.test.seed(1), isStrict: false, now: self.now)
        let message = try #require(try await self.test.claim().first)
        #expect(message.media?.content == Self.content)
        #expect(message.media?.isRemote == false)
        #expect(try await self.wanted() == [])
    }

    @Test func `every part of a description comes back`() async throws {
        let row = ImportRow(
            record: 1, line: 2, content: .success(request(1, text: "", media: MediaReference(source: "a.ogg"))),
            media: Self.sound())
        try await self.test.queue.finishImport([row], of: self.test.seed(1), isStrict: false, now: self.now)
        #expect(try await self.test.claim().first?.media?.content == Self.sound())
    }

    @Test func `a message without an attachment has none`() async throws {
        try await self.test.add(1)
        #expect(try #require(try await self.test.claim().first).media == nil)
    }

    @Test func `rows that say the same of one source share one attachment, others do not`() async throws {
        let same = MediaReference(source: Self.url)
        let other = MediaReference(source: Self.url, kind: .document)
        let named = MediaReference(source: Self.url, fileName: "Flyer.pdf")
        try await self.test.queue.append(
            rows([same, same, other, named, same].enumerated().map { request($0, media: $1) }), to: self.test.seed(1),
            now: self.now)
        try await self.test.queue.finishImport(
            rows([request(6, media: same)], after: 5), of: self.test.seed(1), isStrict: false, now: self.now)
        try await self.test.add([request(7, media: same)], as: 2)
        #expect(try await self.test.values(Int.self, "SELECT unfinished FROM media ORDER BY id") == [4, 1, 1, 1])
        #expect(try await self.wanted().map(\.reference) == [same, other, named])
        #expect(try await self.wanted(2).map(\.reference) == [same])
    }

    @Test func `a row that is refused for its ref needs no attachment`() async throws {
        let media = MediaReference(source: Self.url)
        try await self.test.add([request(1, ref: "a"), request(2, ref: "a", media: media)], as: 1)
        #expect(try await self.test.values(Int.self, "SELECT unfinished FROM media") == [0])
        #expect(try await self.wanted() == [])
    }

    @Test func `an import that is taken back takes its attachments back`() async throws {
        let requests = [request(1, media: MediaReference(source: Self.url))]
        for act in 0..<3 {
            let seed = self.test.seed(Int64(act + 1))
            try await self.test.queue.append(rows(requests), to: seed, now: self.now)
            switch act {
            case 0: try await self.test.queue.discardImport(of: seed.id)
            case 1: try await self.test.queue.forgetBatch(seed.id)
            default:
                let refusal = BatchRejection(Refusal(.encoding, "No UTF-8"))
                try await self.test.queue.reject(seed, refusal, now: self.now)
            }
            #expect(try await self.test.count("SELECT count(*) FROM media") == 0)
        }
    }

    @Test func `nothing is wanted of a file that is still being imported`() async throws {
        let seed = self.test.seed(1)
        try await self.test.queue.append(
            rows([request(1, media: MediaReference(source: Self.url))]), to: seed, now: self.now)
        #expect(try await self.test.reader.batchesWantingMedia(now: self.now) == [])
        try await self.test.queue.finishImport([], of: seed, isStrict: false, now: self.now)
        #expect(try await self.test.reader.batchesWantingMedia(now: self.now) == [seed.id])
        #expect(try await self.test.reader.unreportedBatches() == [seed.id])
    }

    // MARK: Waiting

    @Test func `a message whose attachment has to be fetched is not claimed, and holds up no other`() async throws {
        let ids = try await self.test.add(
            [request(1, media: MediaReference(source: Self.url), priority: .high), request(2)], as: 1)
        #expect(try await self.test.claim(10).map(\.id) == [ids[1]])
        let message = try #require(try await self.test.message(ids[0]))
        #expect(message.status == .pending)
        #expect(message.reason == "fetching media")
        #expect(message.notBefore == nil)
        #expect(try await self.test.attempts(of: ids[0]) == [])
    }

    @Test func `it is claimed when the attachment is there, with no attempt counted`() async throws {
        let id = try await self.test.add([request(1, media: MediaReference(source: Self.url))], as: 1)[0]
        try await self.arrive(self.onlyWanted())
        #expect(try await self.test.message(id)?.reason == nil)
        let claimed = try #require(try await self.test.claim().first)
        #expect(claimed.id == id && claimed.attempt == 1)
        #expect(claimed.media?.content == Self.content)
        #expect(claimed.media?.isRemote == true)
        #expect(try await self.wanted() == [])
    }

    @Test func `a message that is to be sent later has its file fetched shortly before`() async throws {
        let sendAt = self.now + .seconds(86_400)
        let id = try await self.test.add(
            [request(1, media: MediaReference(source: Self.url), sendAt: sendAt)], as: 1)[0]
        #expect(try await self.wanted() == [])
        let fetchAt = sendAt - .seconds(600)
        #expect(try await self.test.reader.nextMediaFetch(after: self.now) == fetchAt)
        #expect(try await self.test.message(id)?.notBefore == sendAt)
        let media = try #require(try await self.wanted(now: fetchAt).first)
        try await self.arrive(media.id)
        #expect(try await self.test.claim(now: sendAt - .seconds(1)) == [])
        #expect(try await self.test.claim(now: sendAt).map(\.id) == [id])
    }

    @Test func `urgent attachments come first, then in file order`() async throws {
        func media(_ name: String) -> MediaReference { MediaReference(source: "https://files.example/\(name)") }
        try await self.test.add(
            [
                request(1, media: media("a"), priority: .low), request(2, media: media("b")),
                request(3, media: media("c")), request(4, media: media("d"), priority: .high),
                request(5, media: media("a"), priority: .high),
            ], as: 1)
        #expect(try await self.wanted().map(\.reference) == ["a", "d", "b", "c"].map(media))
        let first = try await self.test.reader.wantedMedia(of: BatchID(rawValue: 1), now: self.now, limit: 3)
        #expect(first.map(\.reference) == ["a", "d", "b"].map(media))
    }

    @Test func `thousands of messages are told in turns, and a start goes on with it`() async throws {
        let count = MessageQueue.mostTold + 10
        let media = MediaReference(source: Self.url)
        try await self.test.add((0..<count).map { request($0, media: media) }, as: 1)
        let id = try await self.onlyWanted()
        #expect(try await self.test.queue.storeMedia(Self.content, for: id, now: self.now))
        #expect(try await self.test.reader.untoldMedia() == [id])
        #expect(try await !self.test.queue.tell(of: id, now: self.now))
        #expect(try await self.test.reader.untoldMedia() == [])
        #expect(try await self.test.claim(count).count == count)
    }

    @Test func `a text beside a sound fails when the file turns out to be one`() async throws {
        let media = MediaReference(source: Self.url)
        let ids = try await self.test.add([request(1, media: media), request(2, text: "", media: media)], as: 1)
        try await self.arrive(self.onlyWanted(), Self.sound())
        let failed = try #require(try await self.test.message(ids[0]))
        #expect(failed.status == .failed && failed.errorCode == "VALIDATION_ERROR")
        #expect(try await self.test.claim(10).map(\.id) == [ids[1]])
    }

    // MARK: Failing

    @Test func `an attachment that cannot be had fails its messages and no other`() async throws {
        let ids = try await self.test.add(
            [
                request(1, media: MediaReference(source: Self.url)), request(2),
                request(3, media: MediaReference(source: Self.url, kind: .image)),
            ], as: 1)
        let refusal = Refusal(.mediaForbidden, "No", field: "mediaUrl")
        #expect(try await !self.test.queue.failMedia(self.onlyWanted(), refusal, now: self.now))
        let failed = try #require(try await self.test.message(ids[0]))
        #expect(failed.status == .failed)
        #expect(failed.errorCode == "MEDIA_FORBIDDEN" && failed.error == "No" && failed.reason == nil)
        #expect(try await self.test.message(ids[1])?.status == .pending)
        #expect(try await self.test.message(ids[2])?.status == .pending)
        #expect(try await self.wanted().map(\.reference.kind) == [.image])
        #expect(try await self.test.batch(1)?.failedMessages == 1)
    }

    @Test func `a try that failed is repeated at its moment, and the messages say why they wait`() async throws {
        let id = try await self.test.add([request(1, media: MediaReference(source: Self.url))], as: 1)[0]
        let later = self.now + .seconds(300)
        try await self.test.queue.deferMedia(
            self.onlyWanted(), until: later, reason: "fetching media: busy", now: self.now)
        #expect(try await self.wanted() == [])
        #expect(try await self.test.reader.batchesWantingMedia(now: self.now) == [])
        #expect(try await self.test.message(id)?.reason == "fetching media: busy")
        let media = try #require(try await self.wanted(now: later).first)
        #expect(media.attempts == 1 && media.firstAttemptAt == self.now)
        try await self.arrive(media.id)
        #expect(try await self.test.message(id)?.reason == nil)
    }

    @Test func `a claimed message whose file is gone from the store waits for it anew`() async throws {
        let media = MediaReference(source: Self.url)
        let ids = try await self.test.add([request(1, media: media), request(2, media: media)], as: 1)
        let wanted = try await self.onlyWanted()
        try await self.arrive(wanted)
        let claimed = try #require(try await self.test.claim().first)
        try await self.test.settle(claimed, .awaitsMedia)
        #expect(try await self.test.attempts(of: ids[0]).map(\.outcome) == ["returned"])
        #expect(try await self.wanted().map(\.id) == [wanted])
        // The other one finds out when it is claimed.
        let other = try #require(try await self.test.claim(10).first)
        #expect(other.id == ids[1] && other.media?.content == nil)
        try await self.test.settle(other, .awaitsMedia)
        try await self.arrive(wanted)
        let again = try await self.test.claim(10)
        #expect(again.map(\.id) == ids && again.map(\.earlierAttempts) == [0, 0])
    }

    @Test func `a file that is gone for good fails all that wait, and is not fetched again and again`() async throws {
        let media = MediaReference(source: Self.url)
        let ids = try await self.test.add((0..<3).map { request($0, media: media) }, as: 1)
        let wanted = try await self.onlyWanted()
        try await self.arrive(wanted)
        let claimed = try await self.test.claim(2)
        try await self.test.settle(claimed[0], .awaitsMedia)
        #expect(try await !self.test.queue.failMedia(wanted, Refusal(.mediaUnavailable, "Gone"), now: self.now))
        #expect(try await self.test.message(ids[0])?.status == .failed)
        #expect(try await self.test.message(ids[2])?.status == .failed)
        #expect(try await self.wanted(now: self.now + .seconds(100_000_000)) == [])
        // The one that was under way comes back.
        try await self.test.settle(claimed[1], .awaitsMedia)
        #expect(try await self.wanted().map(\.id) == [wanted])
    }

    @Test func `coming back for a file that is being tried leaves its tries alone`() async throws {
        let media = MediaReference(source: Self.url)
        try await self.test.add((0..<2).map { request($0, media: media) }, as: 1)
        let wanted = try await self.onlyWanted()
        try await self.arrive(wanted)
        let claimed = try await self.test.claim(2)
        try await self.test.settle(claimed[0], .awaitsMedia)
        let later = self.now + .seconds(300)
        try await self.test.queue.deferMedia(wanted, until: later, reason: "fetching media: busy", now: self.now)
        try await self.test.settle(claimed[1], .awaitsMedia)
        #expect(try await self.wanted() == [])
        #expect(try await self.wanted(now: later).first?.attempts == 1)
    }

    @Test func `what is cancelled or expires needs its attachment no longer`() async throws {
        let media = MediaReference(source: Self.url)
        let ids = try await self.test.add(
            [request(1, media: media), request(2, media: media, expiresAt: self.now + .seconds(5))], as: 1)
        _ = try await self.test.queue.cancel(.message(ids[0]), now: self.now)
        #expect(try await self.wanted().count == 1)
        try await self.test.queue.expire(now: self.now + .seconds(5))
        #expect(try await self.wanted() == [])
        #expect(try await self.test.count("SELECT unfinished FROM media") == 0)
        #expect(try await self.test.message(ids[0])?.reason == nil)
        #expect(try await self.test.message(ids[0])?.notBefore == nil)
    }

    // MARK: Room

    @Test func `what was fetched is counted until its last message is final`() async throws {
        let ids = try await self.test.add(
            [request(1, media: MediaReference(source: Self.url)), request(2, media: MediaReference(source: Self.url))],
            as: 1)
        try await self.arrive(self.onlyWanted())
        #expect(try await self.test.reader.fetchedMediaSize() == 12_345)
        try await self.test.process(.sent(at: self.now))
        #expect(try await self.test.reader.fetchedMediaSize() == 12_345)
        _ = try await self.test.queue.cancel(.message(ids[1]), now: self.now)
        #expect(try await self.test.reader.fetchedMediaSize() == 0)
    }

    @Test func `a file is dropped when its last message is final`() async throws {
        let media = MediaReference(source: Self.url)
        let ids = try await self.test.add([request(1, media: media), request(2, media: media), request(3)], as: 1)
        try await self.arrive(self.onlyWanted())
        try await self.test.process(.sent(at: self.now))
        #expect(try await self.test.queue.dropFinishedMedia() == [])
        _ = try await self.test.queue.cancel(.message(ids[1]), now: self.now)
        let file = FinishedMedia(batch: BatchID(rawValue: 1), source: Self.url)
        #expect(try await self.test.queue.dropFinishedMedia() == [file])
        #expect(try await self.test.queue.dropFinishedMedia() == [])
        #expect(try await self.wanted() == [])
    }

    @Test func `nothing is dropped of a file whose further rows may need it`() async throws {
        try await self.test.add([request(1, ref: "a")], as: 1)
        let media = MediaReference(source: "a.jpg")
        let seed = self.test.seed(2)
        let refused = ImportRow(
            record: 1, line: 2, content: .success(request(2, ref: "a", media: media)), media: Self.content)
        try await self.test.queue.append([refused], to: seed, now: self.now)
        #expect(try await self.test.queue.dropFinishedMedia() == [])
        let taken = ImportRow(record: 2, line: 3, content: .success(request(3, media: media)), media: Self.content)
        try await self.test.queue.finishImport([taken], of: seed, isStrict: false, now: self.now)
        #expect(try await self.test.claim(10).compactMap { $0.media?.content } == [Self.content])
    }

    @Test func `a source stays while the batch needs it for others`() async throws {
        let first = MediaReference(source: Self.url)
        let other = MediaReference(source: Self.url, kind: .image)
        let third = MediaReference(source: Self.url + "?3")
        try await self.test.add([request(1, media: first), request(2, media: other), request(3, media: third)], as: 1)
        for media in try await self.wanted() where media.reference != other { try await self.arrive(media.id) }
        try await self.test.process(.sent(at: self.now))
        // The other words for the same source are still to be looked at.
        #expect(try await self.test.queue.dropFinishedMedia() == [])
        try await self.test.process(.sent(at: self.now))
        #expect(try await self.test.queue.dropFinishedMedia().map(\.source) == [third.source])
        try await self.arrive(self.onlyWanted())
        try await self.test.process(.sent(at: self.now))
        #expect(try await self.test.queue.dropFinishedMedia().map(\.source) == [Self.url])
    }

    @Test func `what attachments were is forgotten when the results are written`() async throws {
        try await self.test.add([request(1, media: MediaReference(source: Self.url))], as: 1)
        try await self.arrive(self.onlyWanted())
        try await self.test.process(.sent(at: self.now))
        try await self.test.queue.markReported(BatchID(rawValue: 1), now: self.now)
        #expect(try await self.test.count("SELECT count(hash) + count(thumbnail) FROM media") == 0)
        #expect(try await self.test.reader.unreportedBatches() == [])
        #expect(try await self.test.queue.dropFinishedMedia() == [])
    }
}
