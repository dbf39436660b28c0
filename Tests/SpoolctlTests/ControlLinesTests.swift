import SpoolControl
import SpoolCore
import SpoolTestSupport
import Testing

/// An iterator that an expectation can ask.
private final class LineReader {
    private var iterator: ControlLines.AsyncIterator

    init(_ lines: ControlLines) {
        self.iterator = lines.makeAsyncIterator()
    }

    func next() async throws -> JSONValue? { try await self.iterator.next() }
}

struct ControlLinesTests {
    private let directory: TemporaryDirectory
    private let server: ScriptedServer
    private let client: ControlClient

    init() throws {
        self.directory = try TemporaryDirectory()
        self.server = try ScriptedServer(path: self.directory.path("s"))
        self.client = ControlClient(socketPath: self.directory.path("s"))
    }

    private func lines() async throws -> ControlLines {
        try await self.client.lines("/control/devices", body: ["name": "dev1"])
    }

    @Test func `lines arrive as they come, however they are cut`() async throws {
        let lines = LineReader(try await self.lines())
        #expect(self.server.requests.first?.hasSuffix("\r\n\r\n{\"name\":\"dev1\"}") == true)
        try await self.server.pushPiece("{\"a\"")
        try await self.server.pushPiece(": 1}\n\n{\"b\":2}\n{")
        #expect(try await lines.next() == ["a": 1])
        #expect(try await lines.next() == ["b": 2])
        try await self.server.pushPiece("\"c\":\"ü\"}")
        try await self.server.finish()
        #expect(try await lines.next() == ["c": "ü"])
        #expect(try await lines.next() == nil)
        #expect(try await lines.next() == nil)
    }

    @Test(arguments: ["[]", "1", "nonsense", "{\"a\":", "{} {}"])
    func `a line that is no object makes no sense, and nothing comes after it`(line: String) async throws {
        let lines = LineReader(try await self.lines())
        try await self.server.push(line)
        try await self.server.push("{}")
        let error = await #expect(throws: ControlError.self) { try await lines.next() }
        guard case .malformed? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try await lines.next() == nil)
    }

    @Test(arguments: [true, false]) func `a line that is too long is not read to its end`(ends: Bool) async throws {
        let lines = LineReader(try await self.lines())
        try await self.server.pushPiece(
            "{\"a\":\"" + String(repeating: "x", count: ControlLines.longestLine - 8) + "\"}")
        if ends {
            try await self.server.pushPiece("\n")
            #expect(try await lines.next() != nil)
        } else {
            try await self.server.pushPiece(" ")
            try await self.server.finish()
            await #expect(throws: ControlError.malformed("a line is longer than \(ControlLines.longestLine) bytes")) {
                try await lines.next()
            }
        }
    }

    @Test func `a daemon that goes away is unreachable`() async throws {
        let lines = LineReader(try await self.lines())
        try await self.server.push("{}")
        #expect(try await lines.next() == [:])
        try await self.server.cut()
        let path = self.client.socketPath
        await #expect(
            throws: ControlError.unreachable(socket: path, reason: "it went away in the middle of its answer")
        ) {
            try await lines.next()
        }
    }

    @Test func `whoever stops reading hangs up`() async throws {
        do {
            let lines = LineReader(try await self.lines())
            try await self.server.push("{}")
            #expect(try await lines.next() == [:])
        }
        try await eventually("the client to hang up") { self.server.isStreamGone }
    }

    @Test func `a task that is cancelled hangs up`() async throws {
        let lines = try await self.lines()
        let reading = Task {
            for try await _ in lines {}
        }
        try await self.server.push("{}")
        reading.cancel()
        try await eventually("the client to hang up") { self.server.isStreamGone }
        _ = await reading.result
    }

    @Test func `a refusal is no stream`() async throws {
        let body = #"{"success":false,"error":"dev1 exists already","code":"DEVICE_EXISTS"}"#
        let server = try ScriptedServer(
            path: self.directory.path("t"), answers: [ScriptedServer.streamed: "409 \(body)"])
        let client = ControlClient(socketPath: self.directory.path("t"))
        await #expect(
            throws: ControlError.refused(status: 409, code: "DEVICE_EXISTS", message: "dev1 exists already")
        ) {
            try await client.lines("/control/devices", body: [:])
        }
        #expect(server.requests.count == 1)
    }

    @Test func `nobody there is unreachable at once`() async throws {
        let path = self.directory.path("nobody")
        await #expect(throws: ControlError.unreachable(socket: path, reason: "No such file or directory")) {
            try await ControlClient(socketPath: path).lines("/control/devices", body: [:])
        }
    }
}
