import Foundation
import SpoolCore
import SpoolMediaTestSupport
import SpoolTestSupport
import Synchronization
import Testing

@testable import SpoolMedia

struct MediaStoreTests {
    let fixture: FetchFixture
    let store: MediaStore
    let one = BatchID(rawValue: 1)
    let two = BatchID(rawValue: 2)

    init() throws {
        self.fixture = try FetchFixture()
        try self.fixture.directory.makeDirectory("media")
        self.store = try MediaStore(
            directory: self.fixture.directory.path("store"), fetcher: self.fixture.fetcher)
    }

    private var local: LocalMedia { LocalMedia(root: self.fixture.directory.path("media")) }

    private func request(_ source: String, kind: MediaKind? = nil, fileName: String? = nil) throws -> MediaRequest {
        MediaRequest(source: try MediaSource(source, local: self.local), kind: kind, fileName: fileName)
    }

    /// What is left of contents in the store.
    private func objects() throws -> [String] {
        try self.fixture.directory.names(in: "store/objects").flatMap { part in
            try self.fixture.directory.names(in: "store/objects/\(part)")
        }
    }

    @Test func `a thousand rows with one URL make one request`() async throws {
        let server = try await TestWebServer { _ in .file(Samples.pdf, type: "application/pdf") }
        let request = try self.request("http://files.example:\(server.port)/price%20list.pdf")
        let (store, batch) = (self.store, self.one)
        let found = try await withThrowingTaskGroup(of: MediaContent.self) { group in
            for _ in 0..<1000 { group.addTask { try await store.media(request, for: batch) } }
            return try await group.reduce(into: Set<MediaContent>()) { $0.insert($1) }
        }
        #expect(found.count == 1)
        #expect(server.requests.count == 1)
        let media = try #require(found.first)
        #expect(media.description.fileName == "price list.pdf")
        let path = try #require(store.path(of: media))
        #expect(try Array(Data(contentsOf: URL(filePath: path))) == Samples.pdf)
        #expect(path.hasSuffix(ContentHash(media.hash).description))
        try await server.close()
    }

    @Test func `another batch fetches anew, and the same bytes are kept once`() async throws {
        let server = try await TestWebServer { _ in .file(Samples.pdf) }
        let url = "http://files.example:\(server.port)/"
        let first = try await self.store.media(self.request(url + "a.pdf"), for: self.one)
        let other = try await self.store.media(self.request(url + "b.pdf"), for: self.one)
        let later = try await self.store.media(self.request(url + "a.pdf"), for: self.two)
        #expect(server.requests.count == 3)
        #expect(first.hash == other.hash && first.hash == later.hash)
        #expect(try self.objects().count == 1)
        try await self.store.remove(self.one)
        #expect(try self.objects().count == 1)
        try await self.store.remove(self.two)
        #expect(try self.objects() == [])
        #expect(try self.fixture.directory.names(in: "store/batches") == [])
        #expect(try self.fixture.directory.names(in: "store/incoming") == [])
        try await server.close()
    }

    @Test func `a batch keeps what it fetched over a restart`() async throws {
        let server = try await TestWebServer { _ in .file(Samples.pdf) }
        let request = try self.request("http://files.example:\(server.port)/a.pdf")
        let before = try await self.store.media(request, for: self.one)
        try self.fixture.directory.write("half", to: "store/incoming/7")
        let again = try MediaStore(directory: self.fixture.directory.path("store"), fetcher: self.fixture.fetcher)
        #expect(try await again.media(request, for: self.one) == before)
        #expect(server.requests.count == 1)
        #expect(!self.fixture.directory.exists("store/incoming/7"))
        try await server.close()
    }

    @Test func `equal bytes stay while another source of the batch needs them`() async throws {
        let server = try await TestWebServer { _ in .file(Samples.pdf) }
        let url = "http://files.example:\(server.port)/"
        let first = try self.request(url + "a.pdf")
        let media = try await self.store.media(first, for: self.one)
        let other = try await self.store.media(self.request(url + "b.pdf"), for: self.one)
        #expect(media.hash == other.hash)
        try await self.store.remove(first.source, of: self.one)
        #expect(self.store.path(of: other) != nil)
        try await self.store.remove(self.one)
        #expect(try self.objects() == [])
        try await server.close()
    }

    @Test func `a content goes when the last batch that needs it does, and may come back`() async throws {
        let server = try await TestWebServer { _ in .file(Samples.pdf) }
        let request = try self.request("http://files.example:\(server.port)/a.pdf")
        let media = try await self.store.media(request, for: self.one)
        #expect(try await self.store.media(request, for: self.two) == media)
        try await self.store.remove(request.source, of: self.one)
        #expect(self.store.path(of: media) != nil)
        try await self.store.remove(request.source, of: self.two)
        #expect(self.store.path(of: media) == nil)
        try await self.store.remove(request.source, of: self.two)
        #expect(try self.fixture.directory.names(in: "store/batches/2") == [])
        #expect(server.requests.count == 2)
        #expect(try await self.store.media(request, for: self.one) == media)
        #expect(self.store.path(of: media) != nil)
        #expect(server.requests.count == 3)
        try await server.close()
    }

    @Test func `a start removes what no open batch needs`() async throws {
        try self.fixture.directory.write(Samples.pdf, to: "media/a.pdf")
        try self.fixture.directory.write("text", to: "media/b.txt")
        let kept = try await self.store.media(self.request("a.pdf"), for: self.one)
        _ = try await self.store.media(self.request("b.txt"), for: self.two)
        try self.fixture.directory.makeDirectory("store/objects/ff")
        try self.fixture.directory.write("left by a crash", to: "store/objects/ff/ff00")
        try await self.store.sweep(keeping: [self.one])
        #expect(try self.objects() == [ContentHash(kept.hash).description])
        #expect(try self.fixture.directory.names(in: "store/batches") == ["1"])
    }

    @Test func `a local file is copied, and may then be deleted`() async throws {
        let path = try self.fixture.directory.write(Samples.opus(position: 96312), to: "media/note.ogg")
        let media = try await self.store.media(self.request("note.ogg"), for: self.one)
        try FileManager.default.removeItem(atPath: path)
        try await self.store.synchronize()
        #expect(try await self.store.media(self.request("note.ogg"), for: self.one) == media)
        #expect(media.description.isVoiceNote && media.description.seconds == 2)
        let copy = try #require(self.store.path(of: media))
        #expect(try Array(Data(contentsOf: URL(filePath: copy))) == Samples.opus(position: 96312))
    }

    @Test func `two users' files of one name are two sources`() async throws {
        try self.fixture.directory.makeDirectory("media/alice")
        try self.fixture.directory.write("default's", to: "media/a.txt")
        try self.fixture.directory.write("alice's", to: "media/alice/a.txt")
        let alice = LocalMedia(root: self.fixture.directory.path("media/alice"))
        let first = try await self.store.media(self.request("a.txt"), for: self.one)
        let second = try await self.store.media(
            MediaRequest(source: MediaSource("a.txt", local: alice)), for: self.two)
        #expect(first.hash != second.hash)
    }

    @Test func `rows may say different things of one source`() async throws {
        let server = try await TestWebServer { _ in .file(Samples.film(duration: 1000)) }
        let url = "http://files.example:\(server.port)/film"
        let film = try await self.store.media(self.request(url), for: self.one)
        let document = try await self.store.media(
            self.request(url, kind: .document, fileName: "film.mp4"), for: self.one)
        #expect(film.description.kind == .video && document.description.kind == .document)
        #expect(film.hash == document.hash)
        await #expect(throws: MediaError.mismatch(said: "image", found: "a MP4 file")) {
            try await self.store.media(self.request(url, kind: .image), for: self.one)
        }
        #expect(server.requests.count == 1)
        try await server.close()
    }

    @Test func `a permanent failure is every row's, and costs one request, also after a restart`() async throws {
        let server = try await TestWebServer { _ in .file([], status: "404 Not Found") }
        let request = try self.request("http://files.example:\(server.port)/none.pdf")
        let again = try MediaStore(directory: self.fixture.directory.path("store"), fetcher: self.fixture.fetcher)
        for store in [self.store, self.store, again] {
            await #expect(throws: MediaError.status(404, host: "files.example")) {
                try await store.media(request, for: self.one)
            }
        }
        #expect(server.requests.count == 1)
        try await self.store.remove(self.one)
        #expect(try self.fixture.directory.names(in: "store/batches") == [])
        try await server.close()
    }

    @Test func `a temporary failure is forgotten`() async throws {
        let count = Mutex(0)
        let server = try await TestWebServer { _ in
            let number = count.withLock { count in
                count += 1
                return count
            }
            return number == 1 ? .file([], status: "503 Busy") : .file(Samples.pdf)
        }
        let request = try self.request("http://files.example:\(server.port)/a.pdf")
        await #expect(throws: MediaError.status(503, host: "files.example")) {
            try await self.store.media(request, for: self.one)
        }
        #expect(try await self.store.media(request, for: self.one).description.kind == .document)
        #expect(server.requests.count == 2)
        try await server.close()
    }

    @Test func `what cannot be sent fails alike for all rows and leaves the others alone`() async throws {
        try self.fixture.directory.write(Samples.png(ImageSize(width: 60000, height: 60000)), to: "media/bomb.png")
        try self.fixture.directory.write("<html>", to: "media/page.pdf")
        try self.fixture.directory.write(Samples.pdf, to: "media/fine.pdf")
        for (name, code) in [
            ("bomb.png", ErrorCode.mediaTooLarge), ("page.pdf", .mediaType), ("none", .mediaUnavailable),
            ("../x", .mediaForbidden),
        ] {
            for _ in 0..<2 {
                let error = await #expect(throws: MediaError.self) {
                    try await self.store.media(self.request(name), for: self.one)
                }
                #expect(error?.code == code, "\(name)")
                #expect(error?.refusal.field == "mediaUrl")
            }
        }
        #expect(try await self.store.media(self.request("fine.pdf"), for: self.one).description.kind == .document)
    }

    @Test func `a batch that is removed while it fetches leaves nothing, and may begin again`() async throws {
        let server = try await TestWebServer { request in
            request.path == "/slow.pdf" ? .zeros(head: "HTTP/1.1 200 OK\r\n\r\n", count: nil) : .file(Samples.pdf)
        }
        let slow = try self.request("http://files.example:\(server.port)/slow.pdf")
        let (store, batch) = (self.store, self.one)
        let task = Task { try await store.media(slow, for: batch) }
        try await eventually("the request") { !server.requests.isEmpty }
        try await self.store.remove(self.one)
        await #expect(throws: MediaError.cancelled) { try await task.value }
        #expect(try self.objects() == [])
        #expect(try self.fixture.directory.names(in: "store/batches") == [])
        try await eventually("the file to go") { try self.fixture.directory.names(in: "store/incoming") == [] }
        let fine = try self.request("http://files.example:\(server.port)/a.pdf")
        #expect(try await self.store.media(fine, for: self.one).description.kind == .document)
        try await server.close()
    }

    @Test func `a damaged or missing content is fetched again`() async throws {
        let server = try await TestWebServer { _ in .file(Samples.pdf) }
        let request = try self.request("http://files.example:\(server.port)/a.pdf")
        let media = try await self.store.media(request, for: self.one)
        let path = try #require(self.store.path(of: media))
        try FileManager.default.removeItem(atPath: path)
        #expect(self.store.path(of: media) == nil)
        #expect(try await self.store.media(request, for: self.one) == media)
        for batch in [self.one, self.two] {
            #expect(truncate(path, 1) == 0)
            #expect(self.store.path(of: media) == nil)
            #expect(try await self.store.media(request, for: batch) == media)
            #expect(try Array(Data(contentsOf: URL(filePath: path))) == Samples.pdf)
        }
        try await server.close()
    }
}
