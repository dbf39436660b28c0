import Foundation
import SpoolCore
import SpoolMediaTestSupport
import SpoolTestSupport
import Testing

@testable import SpoolMedia

struct FlatMemoryTests {
    private static let size = 100_000_000

    /// In a process of its own, since other tests take memory at the same time.
    @Test func `100 MB are fetched and copied in flat memory`() async throws {
        let result = try await #require(processExitsWith: .success, observing: [\.standardOutputContent]) {
            let before = try Self.peak()
            try await Self.fetchAndCopy()
            let grown = try Self.peak() - before
            print("100 MB fetched and copied: resident memory grew by \(grown / 1_000_000) MB at most")
            guard grown < 50_000_000 else { exit(EXIT_FAILURE) }
            exit(EXIT_SUCCESS)
        }
        print(String(decoding: result.standardOutputContent, as: UTF8.self))
    }

    private static func fetchAndCopy() async throws {
        let server = try await TestWebServer { _ in
            .zeros(head: "HTTP/1.1 200 OK\r\nContent-Length: \(Self.size)\r\n\r\n", count: Self.size)
        }
        let fixture = try FetchFixture()
        try fixture.directory.makeDirectory("media")
        let file = open(fixture.directory.path("media/big"), O_WRONLY | O_CREAT, 0o600)
        try #require(ftruncate(file, Self.size) == 0)
        close(file)
        let fetched = try await fixture.fetch("http://files.example:\(server.port)/")
        let copied = try LocalMedia(root: fixture.directory.path("media")).copy(
            "big", into: fixture.directory.path("copied"))
        try #require(fetched.size == Int64(Self.size) && copied.size == Int64(Self.size))
        try #require(fetched.hash == copied.hash)
        try await server.close()
    }

    /// The most bytes that were ever resident in this process.
    private static func peak() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(line.split(separator: " ").compactMap { Int($0) }.first) * 1024
    }
}
