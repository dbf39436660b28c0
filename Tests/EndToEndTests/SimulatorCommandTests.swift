import Foundation
import Glibc
import SpoolTestSupport
import Testing

/// `spoold simulate`, the built program.
struct SimulatorCommandTests {
    @Test func `it says where it is reached, serves its control port and ends in order`() async throws {
        let files = try TemporaryDirectory()
        let program = try Program(
            BuiltProduct.spoold.path(), ["simulate", "--seed", "7"],
            output: (files.path("out"), files.path("error")))
        try await eventually("the line with the addresses") { try files.text("out").hasSuffix("\n") }
        let line = try JSON(try files.text("out"))
        let ws = try #require(line["ws"]?.text)
        let control = try #require(line["control"]?.text)
        let rootKey = try #require(line["rootKey"]?.text)
        #expect(ws.hasPrefix("ws://127.0.0.1:") && ws.hasSuffix("/ws/chat"))
        #expect(rootKey.count == 64)
        let port = try #require(control.split(separator: ":").last.flatMap { UInt16($0) })
        let added = try await HTTPExchange(
            method: "POST", target: "/accounts", body: #"{"number": "15550001111"}"#
        ).send(to: .port(port))
        #expect(added.status == 200)
        let inbox = try await HTTPExchange(target: "/phones/15550001111/inbox").send(to: .port(port))
        #expect(try JSON(inbox.body)["messages"] == .array([]))
        program.signal(SIGTERM)
        #expect(try await program.end() == .exited(0))
        #expect(try files.text("error").isEmpty)
    }

    @Test func `the same seed gives the same root key, another one another`() async throws {
        var keys: [JSON?] = []
        for seed in ["7", "7", "8"] {
            let files = try TemporaryDirectory()
            let program = try Program(
                BuiltProduct.spoold.path(), ["simulate", "--seed", seed],
                output: (files.path("out"), files.path("error")))
            try await eventually("the line with the addresses") { try files.text("out").hasSuffix("\n") }
            keys.append(try JSON(try files.text("out"))["rootKey"])
            program.signal(SIGTERM)
            #expect(try await program.end() == .exited(0))
        }
        #expect(keys[0] == keys[1] && keys[0] != keys[2])
    }

    @Test(arguments: [
        (["--listen", "0.0.0.0:0"], 64, "must be 127.0.0.1:PORT"),
        (["--control", "127.0.0.1:99999"], 64, "must be 127.0.0.1:PORT"),
        (["--script", "/nowhere.json"], 78, "/nowhere.json cannot be read"),
    ])
    func `what cannot be is refused with its reason`(options: [String], code: Int32, reason: String) async throws {
        let result = try await ProgramResult.of(BuiltProduct.spoold.path(), ["simulate"] + options)
        #expect(result.end == .exited(code))
        #expect(result.errors.contains(reason), "\(result.errors)")
    }

    @Test func `a script with a word nobody knows is refused with its place and the known ones`() async throws {
        let files = try TemporaryDirectory()
        let script = files.path("script.json")
        try Data(#"{"faults": [{"do": "nope"}]}"#.utf8).write(to: URL(filePath: script))
        let result = try await ProgramResult.of(BuiltProduct.spoold.path(), ["simulate", "--script", script])
        #expect(result.end == .exited(78))
        #expect(result.errors.contains("faults[0].do: unknown; known: ackError"), "\(result.errors)")
    }
}
