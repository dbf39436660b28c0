import Foundation
import SpoolCore
import SpoolMedia
import SpoolMediaTestSupport
import SpoolScheduler
import SpoolTestSupport
import Synchronization
import Testing

@testable import SpoolDaemon
@testable import SpoolQueue

struct MediaServiceTests {
    private static let pdf = Array("%PDF-1.7\n".utf8)

    private func url(_ server: TestWebServer, _ path: String = "flyer.pdf") -> String {
        "http://127.0.0.1:\(server.port)/\(path)"
    }

    // MARK: Fetching

    @Test func `a remote attachment is fetched, then its message is sent with it`() async throws {
        let fixture = try await DaemonFixture()
        let server = try await TestWebServer { _ in .file(Self.pdf, type: "application/pdf") }
        let id = try #require(try await fixture.add([request(1, media: self.url(server))]).first)
        try await running(try fixture.mediaService(), fixture.delivery()) { _ in
            let message = try await fixture.transport.nextSend().message
            #expect(message.queueID == id && message.attempt == 1 && message.text == "Text 1")
            let media = try #require(message.media)
            #expect(try Array(Data(contentsOf: URL(filePath: media.path))) == Self.pdf)
            #expect(media.hash.count == 32)
            #expect(media.description.kind == .document && media.description.fileName == "flyer.pdf")
            #expect(media.description.size == Int64(Self.pdf.count))
        }
        #expect(fixture.log.errors.isEmpty)
        try await server.close()
    }

    @Test func `a thousand rows with the same document make one fetch`() async throws {
        let fixture = try await DaemonFixture()
        let server = try await TestWebServer { _ in .file(Self.pdf) }
        try await fixture.add((0..<1000).map { request($0, media: self.url(server)) })
        try await running(try fixture.mediaService(), fixture.delivery()) { _ in
            var media: Set<OutgoingMedia?> = []
            for _ in 0..<1000 { media.insert(try await fixture.transport.nextSend().message.media) }
            #expect(media.count == 1 && media.first != .some(nil))
        }
        #expect(server.requests.count == 1)
        try await server.close()
    }

    @Test func `a message that waits for its file holds up no other`() async throws {
        let fixture = try await DaemonFixture()
        let server = try await TestWebServer { _ in .silence }
        let ids = try await fixture.add([request(1, media: self.url(server), priority: .high), request(2)])
        try await running(try fixture.mediaService(), fixture.delivery()) { _ in
            try await eventually("the request") { !server.requests.isEmpty }
            #expect(try await fixture.transport.nextSend().message.queueID == ids[1])
            #expect(try await fixture.message(ids[0]).reason == "fetching media")
        }
        // The shutdown did not wait for the server, and the message is there for the next start.
        #expect(try await fixture.message(ids[0]).status == .pending)
        #expect(fixture.log.errors.isEmpty)
        try await server.close()
    }

    @Test func `batches take turns`() async throws {
        let fixture = try await DaemonFixture()
        let server = try await TestWebServer { _ in .silence }
        try await fixture.add((0..<20).map { request($0, media: self.url(server, "large/\($0)")) }, as: 1)
        try await fixture.add([request(30, media: self.url(server, "small"))], as: 2)
        try await running(try fixture.mediaService()) { _ in
            try await eventually("five requests") { server.requests.count == 5 }
        }
        let large = (0..<FetchTurns.mostOfBatch).map { "/large/\($0)" }
        #expect(Set(server.requests.map(\.path)) == Set(large + ["/small"]))
        try await server.close()
    }

    @Test func `a file is fetched shortly before its message is due`() async throws {
        let fixture = try await DaemonFixture()
        let server = try await TestWebServer { _ in .file(Self.pdf) }
        let sendAt = fixture.time.now + .seconds(3600)
        try await fixture.add([request(1, media: self.url(server), sendAt: sendAt)])
        try await running(try fixture.mediaService(), fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(2990), by: .seconds(30), loops: 2)
            #expect(server.requests.isEmpty)
            try await fixture.time.pass(.seconds(10), by: .seconds(10), loops: 2)
            try await fixture.log.wait(for: "fetched an attachment")
            #expect(fixture.transport.sends.isEmpty)
            try await fixture.time.pass(.seconds(600), by: .seconds(30), loops: 2)
            #expect(try await fixture.transport.nextSend().at == sendAt)
        }
        try await server.close()
    }

    // MARK: Failing

    private struct Bad: Sendable {
        let reply: TestWebServer.Reply
        let code: ErrorCode
    }

    private static let bad = [
        Bad(reply: .file([], status: "404 Not Found"), code: .mediaUnavailable),
        Bad(reply: .redirect(to: "file:///etc/passwd"), code: .mediaForbidden),
        Bad(reply: .redirect(to: "http://[::1]/"), code: .mediaForbidden),
        Bad(reply: .file(Array("<html>Log in</html>".utf8), type: "text/html"), code: .mediaType),
        Bad(reply: .file(Self.pdf, type: "image/jpeg"), code: .mediaType),
        Bad(
            reply: .zeros(head: "HTTP/1.1 200 OK\r\nContent-Length: 100000001\r\n\r\n", count: 100_000_001),
            code: .mediaTooLarge),
    ]

    @Test(arguments: bad.indices)
    func `what cannot be had fails its own messages with the contract's code, and disturbs no other`(
        index: Int
    ) async throws {
        let fixture = try await DaemonFixture()
        let server = try await TestWebServer { request in
            request.path == "/bad" ? Self.bad[index].reply : .file(Self.pdf)
        }
        let bad = self.url(server, "bad")
        let ids = try await fixture.add(
            [request(1, media: bad), request(2), request(3, media: bad), request(4, media: self.url(server, "good"))])
        try await running(try fixture.mediaService(), fixture.delivery()) { _ in
            try await eventually("all to be final") { try await fixture.states(ids).allSatisfy(\.isFinal) }
        }
        #expect(try await fixture.states(ids) == [.failed, .sent, .failed, .sent])
        for id in [ids[0], ids[2]] {
            let message = try await fixture.message(id)
            #expect(message.errorCode == Self.bad[index].code.rawValue)
            #expect(message.error?.isEmpty == false)
            #expect(try await fixture.outcomes(id) == [])
        }
        #expect(server.requests.filter { $0.path == "/bad" }.count == 1)
        try await server.close()
    }

    @Test func `a busy server is asked again with back-off, and no attempt of the message counts`() async throws {
        let fixture = try await DaemonFixture()
        let count = Mutex(0)
        let server = try await TestWebServer { _ in
            let number = count.withLock { count in
                count += 1
                return count
            }
            return number < 3 ? .file([], status: "503 Busy") : .file(Self.pdf)
        }
        let id = try #require(try await fixture.add([request(1, media: self.url(server))]).first)
        let backOff = BackOff(first: .seconds(300), maximum: .seconds(4000), giveUpAfter: .seconds(86_400))
        try await running(try fixture.mediaService(backOff), fixture.delivery()) { _ in
            try await fixture.log.wait(for: "an attachment has to wait: 127.0.0.1 answered with HTTP status 503")
            try await eventually("the reason") {
                try await fixture.message(id).reason == "fetching media: 127.0.0.1 answered with HTTP status 503"
            }
            try await fixture.time.pass(.seconds(290), by: .seconds(10), loops: 2)
            #expect(server.requests.count == 1)
            try await fixture.time.pass(.seconds(60), by: .seconds(10), loops: 2)
            try await fixture.log.wait(for: "has to wait")
            #expect(server.requests.count == 2)
            try await fixture.time.pass(.seconds(700), by: .seconds(10), loops: 2)
            #expect(try await fixture.transport.nextSend().message.attempt == 1)
        }
        #expect(server.requests.count == 3)
        try await server.close()
    }

    @Test func `a server that stays away costs the message a day`() async throws {
        let fixture = try await DaemonFixture()
        let server = try await TestWebServer { _ in .file([], status: "503 Busy") }
        let id = try #require(try await fixture.add([request(1, media: self.url(server))]).first)
        let backOff = BackOff(first: .seconds(20_000), maximum: nil, giveUpAfter: .seconds(86_400))
        try await running(try fixture.mediaService(backOff)) { _ in
            // Again after 20,000 s or a little more, and after twice that; the one after these would be too late.
            for delay in [22_000, 44_000] {
                try await fixture.log.wait(for: "has to wait")
                try await eventually("the next try to be stored") {
                    try await fixture.reader.nextMediaFetch(after: fixture.time.now) != nil
                }
                try await fixture.time.idle()
                fixture.time.advance(by: .seconds(delay))
            }
            try await fixture.log.wait(for: "cannot be had")
            try await eventually("the failure") { try await fixture.message(id).status == .failed }
        }
        #expect(try await fixture.message(id).errorCode == "MEDIA_UNAVAILABLE")
        #expect(server.requests.count == 3)
        try await server.close()
    }

    @Test func `a queue that cannot store the outcome is asked again after a pause`() async throws {
        let fixture = try await DaemonFixture()
        let server = try await TestWebServer { _ in .file(Self.pdf) }
        let id = try #require(try await fixture.add([request(1, media: self.url(server))]).first)
        try await fixture.database.execute(
            "CREATE TRIGGER broken BEFORE UPDATE OF hash ON media BEGIN SELECT RAISE(ABORT, 'broken'); END")
        try await running(try fixture.mediaService(), fixture.delivery()) { _ in
            try await fixture.log.wait(for: "what became of an attachment cannot be stored")
            try await fixture.database.execute("DROP TRIGGER broken")
            // Two loops, and the fetch that pauses.
            try await fixture.time.idle(3)
            fixture.time.advance(by: .seconds(5))
            #expect(try await fixture.transport.nextSend().message.queueID == id)
        }
        #expect(server.requests.count == 1)
        try await server.close()
    }

    // MARK: Room

    @Test func `beyond the budget fetching waits for sending`() async throws {
        let fixture = try await DaemonFixture()
        let server = try await TestWebServer { _ in .file(Self.pdf) }
        let ids = try await fixture.add((0..<9).map { request($0, media: self.url(server, "\($0)")) })
        try await running(try fixture.mediaService(budget: 1)) { _ in
            // What is begun together does not know of each other.
            try await eventually("the first fetches") {
                try await fixture.reader.fetchedMediaSize() == 4 * Int64(Self.pdf.count)
            }
            try await fixture.log.wait(for: "attachments wait for room: 36 bytes are fetched and not sent yet")
            try await fixture.time.pass(.seconds(60), by: .seconds(5))
            #expect(server.requests.count == 4)
        }
        try await running(try fixture.mediaService(budget: 1), fixture.delivery()) { _ in
            for _ in 0..<20 where fixture.transport.sends.count < 9 {
                try await fixture.time.idle(2)
                fixture.time.advance(by: .seconds(5))
            }
            try await eventually("all to be sent") { try await fixture.states(ids).allSatisfy { $0 == .sent } }
        }
        #expect(server.requests.count == 9)
        #expect(fixture.log.lines.count { $0.message.contains("wait for room") } <= 3)
        try await server.close()
    }

    @Test func `what was sent leaves the store, though its batch goes on`() async throws {
        let fixture = try await DaemonFixture { message in
            message.text == "Text 2" ? .failed(.temporary(code: "503", detail: "busy")) : .acknowledged
        }
        let server = try await TestWebServer { request in .file(Self.pdf + Array(request.path.utf8)) }
        let ids = try await fixture.add((1...2).map { request($0, media: self.url(server, "\($0)")) })
        try await running(try fixture.mediaService(), fixture.delivery()) { _ in
            try await eventually("the first to be sent") { try await fixture.message(ids[0]).status == .sent }
            try await eventually("the second to be deferred") { try await fixture.outcomes(ids[1]) == ["deferred"] }
            fixture.wakeUps.media.ring()
            try await eventually("one file to go") {
                try fixture.directory.names(in: "media/batches/1").count { $0.hasPrefix("content-") } == 1
            }
        }
        try await server.close()
    }

    @Test func `a full disk keeps attachments waiting, not messages without one`() async throws {
        let fixture = try await DaemonFixture()
        let free = Mutex<UInt64>(400_000_000)
        let server = try await TestWebServer { _ in .file(Self.pdf) }
        let ids = try await fixture.add([request(1, media: self.url(server)), request(2)])
        let service = try fixture.mediaService(minimumFree: 200_000_000) { _ in free.withLock { $0 } }
        try await running(service, fixture.delivery()) { _ in
            #expect(try await fixture.transport.nextSend().message.queueID == ids[1])
            try await fixture.time.pass(.seconds(30), by: .seconds(5), loops: 2)
            #expect(server.requests.isEmpty)
            free.withLock { $0 = 1_000_000_000 }
            try await fixture.time.pass(.seconds(10), by: .seconds(5), loops: 2)
            #expect(try await fixture.transport.nextSend().message.queueID == ids[0])
        }
        try await server.close()
    }

    // MARK: After a crash

    @Test func `a start tells the messages that the last run could not tell any more`() async throws {
        let fixture = try await DaemonFixture()
        let server = try await TestWebServer { _ in .file(Self.pdf) }
        let ids = try await fixture.add((0..<2).map { request($0, media: self.url(server)) })
        try await running(try fixture.mediaService()) { _ in try await fixture.log.wait(for: "fetched an attachment") }
        try await fixture.database.execute(
            "UPDATE message SET notBefore = \(MessageQueue.endOfTime), dueWithMedia = 0 WHERE id = \(ids[1])")
        try await running(try fixture.mediaService(), fixture.delivery()) { _ in
            try await eventually("both to be sent") { try await fixture.states(ids) == [.sent, .sent] }
        }
        #expect(server.requests.count == 1)
        try await server.close()
    }

    @Test func `a fetched file that is gone from the store is fetched anew`() async throws {
        let fixture = try await DaemonFixture()
        let server = try await TestWebServer { _ in .file(Self.pdf) }
        let ids = try await fixture.add((0..<3).map { request($0, media: self.url(server)) })
        try await running(try fixture.mediaService()) { _ in try await fixture.log.wait(for: "fetched an attachment") }
        try FileManager.default.removeItem(atPath: fixture.directory.path("media/objects"))
        try fixture.directory.makeDirectory("media/objects")
        try await running(try fixture.mediaService(), fixture.delivery()) { _ in
            try await eventually("all to be sent") { try await fixture.states(ids).allSatisfy { $0 == .sent } }
        }
        #expect(server.requests.count == 2)
        #expect(try await fixture.outcomes(ids[0]) == ["returned", "sent"])
        try await server.close()
    }
}
