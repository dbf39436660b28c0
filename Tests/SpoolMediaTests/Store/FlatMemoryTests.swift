import Foundation
import SpoolCore
import SpoolMediaTestSupport
import SpoolTestSupport
import Testing

@testable import SpoolMedia

struct FlatMemoryTests {
    /// The process's resident memory by now, bytes.
    private static func resident() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
        return try #require(Int(pages)) * sysconf(Int32(_SC_PAGESIZE))
    }

    @Test func `100 MB are fetched and copied in flat memory`() async throws {
        let size = 100_000_000
        let server = try await TestWebServer { _ in
            .zeros(head: "HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n", count: size)
        }
        let fixture = try FetchFixture()
        try fixture.directory.makeDirectory("media")
        let file = open(fixture.directory.path("media/big"), O_WRONLY | O_CREAT, 0o600)
        try #require(ftruncate(file, size) == 0)
        close(file)
        let url = "http://files.example:\(server.port)/"
        let before = try Self.resident()
        let watch = Task {
            var most = 0
            while !Task.isCancelled {
                most = max(most, try Self.resident())
                try? await Task.sleep(for: .milliseconds(5))
            }
            return most
        }
        let fetched = try await fixture.fetch(url)
        let copied = try LocalMedia(root: fixture.directory.path("media")).copy(
            "big", into: fixture.directory.path("copied"))
        watch.cancel()
        let grown = try await watch.value - before
        #expect(fetched.size == Int64(size) && copied.size == Int64(size))
        #expect(fetched.hash == copied.hash)
        print("100 MB fetched and copied: resident memory grew by \(grown / 1_000_000) MB at most")
        // Other tests run at the same time; the file itself would be more.
        #expect(grown < 90_000_000)
        try await server.close()
    }
}
