import CryptoPrimitives
import Foundation
import NIOCore
import NIOPosix
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@testable import WhatsAppSimulator

/// The media servers over HTTP, and phones that really fetch and decrypt.
struct MediaServerTests {
    /// One request; the status and the body of the answer.
    private static func request(
        _ method: String, _ uri: String, _ body: [UInt8]? = nil, port: Int
    ) async throws -> (status: Int, body: [UInt8]) {
        var request = URLRequest(url: try require(URL(string: "http://127.0.0.1:\(port)\(uri)")))
        request.httpMethod = method
        request.httpBody = body.map { Data($0) }
        request.setValue("https://web.whatsapp.com", forHTTPHeaderField: "Origin")
        let (data, response) = try await URLSession.shared.data(for: request)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, Array(data))
    }

    private static func auth(_ client: RawClient, _ device: inout TestDevice) async throws -> String {
        try require(await client.query(device.mediaQuery()).child("media_conn")?.string("auth"))
    }

    private static func directPath(_ body: [UInt8]) throws -> String {
        let json = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        return try require(json?["direct_path"] as? String)
    }

    /// Runs `body` with a linked device that has leave to upload.
    private static func run(
        _ faults: String = "[]", _ body: (ServerBench, RawClient, inout TestDevice, String) async throws -> Void
    ) async throws {
        let scenario = try Scenario(json: Array(faults.utf8))
        try await ServerBench.run({ $0.scenario = scenario }) { bench in
            let device = try await bench.link(TestDevice(seed: 1), to: ServerBench.ann)
            try await bench.logIn(device) { client, device in
                let auth = try await Self.auth(client, &device)
                try await body(bench, client, &device, auth)
            }
        }
    }

    @Test func `what is uploaded to one server is fetched from the other, and from a phone`() async throws {
        try await Self.run { bench, client, device, auth in
            let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            var file = try TestFile(content, as: .image)
            let ports = bench.endpoint.mediaPorts
            let (status, body) = try await Self.request(
                "POST", file.target(auth: auth), file.encrypted, port: ports[0])
            #expect(status == 200)
            file.directPath = try Self.directPath(body)
            let fetched = try await Self.request("GET", file.source, port: ports[1])
            #expect(fetched.status == 200)
            #expect(fetched.body == file.encrypted)
            try await ServerBench.send(.image(file), id: "A1", to: ServerBench.bob, from: &device, over: client)
            let message = try require(await bench.server.waitForInbox(of: ServerBench.bob, count: 1).first)
            #expect(message.media?.state == .verified)
            #expect(message.media?.sha256 == file.digests.fileSHA256.hexadecimal)
            let counts = await bench.server.counts
            #expect(counts.uploads == 1)
            #expect(counts.uploadedBytes == file.encrypted.count)
            #expect(await bench.server.complaints == [])
        }
    }

    @Test func `a phone sees a file that is not what the message says`() async throws {
        try await Self.run { bench, client, device, auth in
            var file = try TestFile([UInt8](repeating: 5, count: 1000), as: .image)
            let body = try await Self.request(
                "POST", file.target(auth: auth), file.encrypted, port: bench.endpoint.mediaPorts[0]
            ).body
            file.directPath = try Self.directPath(body)
            let content = TestContent.image(file) { $0.fileSha256 = Data(count: 32) }
            try await ServerBench.send(content, id: "A1", to: ServerBench.bob, from: &device, over: client)
            let message = try require(await bench.server.waitForInbox(of: ServerBench.bob, count: 1).first)
            guard case .failed = message.media?.state else { throw Missing(line: #line) }
            let complaints = await bench.server.complaints.map(\.reason)
            #expect(complaints.contains { $0.hasPrefix("a file is not what the message says") })
        }
    }

    @Test func `a body that is not the one announced is refused, and the connection goes on`() async throws {
        try await Self.run { bench, _, _, auth in
            let file = try TestFile([1, 2, 3], as: .document)
            var wrong = file.encrypted
            wrong[0] ^= 1
            let port = bench.endpoint.mediaPorts[0]
            #expect(try await Self.request("POST", file.target(auth: auth), wrong, port: port).status == 400)
            #expect(try await Self.request("POST", file.target(auth: "x"), file.encrypted, port: port).status == 401)
            #expect(try await Self.request("POST", file.target(auth: auth), file.encrypted, port: port).status == 200)
            let answers = await bench.server.complaints.map(\.answer)
            #expect(answers == ["HTTP 400", "HTTP 401"])
        }
    }

    @Test func `a server that is down tears connections, and the other serves`() async throws {
        try await Self.run(#"[{"do": "hostDown", "host": 1}]"#) { bench, _, _, auth in
            let file = try TestFile([1, 2, 3], as: .audio)
            let ports = bench.endpoint.mediaPorts
            await #expect(throws: (any Error).self) {
                try await Self.request("POST", file.target(auth: auth), file.encrypted, port: ports[0])
            }
            #expect(
                try await Self.request("POST", file.target(auth: auth), file.encrypted, port: ports[1]).status == 200)
        }
    }

    @Test func `an upload that is torn goes on where it was`() async throws {
        let faults = #"[{"on": "mediaUpload", "do": "resetAfter", "bytes": 70000}]"#
        try await Self.run(faults) { bench, _, _, auth in
            let file = try TestFile((0..<150_000).map { UInt8(truncatingIfNeeded: $0) }, as: .video)
            let port = bench.endpoint.mediaPorts[0]
            let target = file.target(auth: auth)
            await #expect(throws: (any Error).self) {
                try await Self.request("POST", target, file.encrypted, port: port)
            }
            let question = try await Self.request("POST", target + "&resume=1", [], port: port)
            #expect(String(decoding: question.body, as: UTF8.self) == #"{"resume":70000}"#)
            let rest = Array(file.encrypted[70_000...])
            let end = try await Self.request("POST", target + "&file_offset=70000", rest, port: port)
            #expect(end.status == 200)
            let source = try file.placed(at: Self.directPath(end.body)).source
            #expect(try await Self.request("GET", source, port: port).body == file.encrypted)
        }
    }

    @Test func `a download is torn, an answer cut, and a slow body arrives whole`() async throws {
        let faults = """
            [{"on": "mediaDownload", "do": "resetAfter", "bytes": 20},
             {"on": "mediaUpload", "nth": 2, "do": "truncatedAnswer"},
             {"on": "mediaDownload", "nth": 2, "do": "slowBody", "seconds": 0.2}]
            """
        try await Self.run(faults) { bench, _, _, auth in
            let port = bench.endpoint.mediaPorts[0]
            let file = try TestFile([UInt8](repeating: 3, count: 5000), as: .image)
            let target = file.target(auth: auth)
            let body = try await Self.request("POST", target, file.encrypted, port: port).body
            let source = try file.placed(at: Self.directPath(body)).source
            await #expect(throws: (any Error).self) { try await Self.request("GET", source, port: port) }
            #expect(try await Self.request("GET", source, port: port).body == file.encrypted)
            let cut = try await Self.request("POST", target, file.encrypted, port: port)
            #expect(cut.status == 200)
            #expect(throws: (any Error).self) { try JSONSerialization.jsonObject(with: Data(cut.body)) }
        }
    }

    @Test func `100 MB are uploaded in flat memory`() async throws {
        try await Self.run { bench, _, _, auth in
            let portion = [UInt8](repeating: 1, count: 1 << 20)
            let count = 100 * portion.count + 10
            var hash = try HashStream(.sha256)
            for _ in 0..<100 { try hash.update(portion) }
            try hash.update([UInt8](repeating: 2, count: 10))
            let token = try UploadToken(UploadToken.text(of: try hash.finish()))
            let auth = auth.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let head = """
                POST /mms/document/\(token)?auth=\(auth)&token=\("\(token)".replacing("=", with: "%3D")) HTTP/1.1\r
                Host: 127.0.0.1\r
                Origin: https://web.whatsapp.com\r
                Connection: close\r
                Content-Length: \(count)\r
                \r

                """
            let before = try Self.resident()
            let most = MemoryWatch()
            let watch = Task { try await most.run() }
            let answer = try await Self.post(head, portion, 100, port: bench.endpoint.mediaPorts[0])
            watch.cancel()
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            let grown = await most.value - before
            print("100 MB uploaded: resident memory grew by \(grown / 1_000_000) MB at most")
            // Other tests run at the same time; the file itself would be twice as much.
            #expect(grown < 50_000_000)
        }
    }

    /// The process's resident memory by now, bytes.
    fileprivate static func resident() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try require(Int(pages[1])) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Sends a head, so many portions and ten bytes, and gives the whole answer.
    private static func post(_ head: String, _ portion: [UInt8], _ count: Int, port: Int) async throws -> String {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: head))
            let buffer = ByteBuffer(bytes: portion)
            for _ in 0..<count { try await outbound.write(buffer) }
            try await outbound.write(ByteBuffer(repeating: 2, count: 10))
            var answer = ByteBuffer()
            for try await part in inbound { answer.writeImmutableBuffer(part) }
            return String(buffer: answer)
        }
    }
}

/// The most memory that was resident.
private actor MemoryWatch {
    private(set) var value = 0

    func run() async throws {
        while !Task.isCancelled {
            self.value = max(self.value, try MediaServerTests.resident())
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
