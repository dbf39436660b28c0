import Foundation
import Glibc
import SpoolTestSupport

/// `spoold simulate`, the built program, and what its phones are asked.
final class SimulatorProgram: Sendable {
    /// What clients connect to, and whom they trust.
    let url: String
    let rootKey: String
    private let control: UInt16
    private let program: Program
    private let files: TemporaryDirectory

    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    /// Returns when it can be reached.
    /// - Parameter script: as `--script` takes it.
    init(script: String, seed: UInt64) async throws {
        let files = try TemporaryDirectory()
        let scriptPath = try files.write(script, to: "script.json")
        self.files = files
        self.program = try Program(
            BuiltProduct.spoold.path(), ["simulate", "--seed", String(seed), "--script", scriptPath],
            output: (files.path("out"), files.path("error")))
        try await eventually("the simulator's addresses") {
            files.exists("out") ? try files.text("out").hasSuffix("\n") : false
        }
        let line = try JSON(try files.text("out"))
        guard let url = line["ws"]?.text, let rootKey = line["rootKey"]?.text,
            let port = line["control"]?.text?.split(separator: ":").last.flatMap({ UInt16($0) })
        else { throw Refused(description: "the simulator says \(line)") }
        self.url = url
        self.rootKey = rootKey
        self.control = port
    }

    /// What a daemon needs to know, by the names of environment variables without `SPOOLD_`.
    var settings: [String: String] {
        ["WHATSAPP_URL": self.url, "WHATSAPP_ROOT_KEY": self.rootKey, "WHATSAPP_MEDIA_SCHEME": "http"]
    }

    func stop() async throws -> Program.End {
        self.program.signal(SIGTERM)
        return try await self.program.end()
    }

    @discardableResult
    func ask(_ method: String, _ path: String, _ body: String = "") async throws -> JSON {
        let answer = try await HTTPExchange(method: method, target: path, body: body).send(to: .port(self.control))
        guard answer.status == 200 else { throw Refused(description: String(decoding: answer.body, as: UTF8.self)) }
        return try answer.json()
    }

    /// One of the counts of the whole run.
    func count(_ name: String) async throws -> Int {
        try await self.ask("GET", "/state")["counts"]?[name]?.int ?? 0
    }

    func inbox(of number: String) async throws -> [JSON] {
        try await self.ask("GET", "/phones/\(number)/inbox")["messages"]?.elements ?? []
    }

    /// Returns when the linked devices have said that they have everything they were sent.
    func waitForAnswers() async throws {
        try await eventually("the linked devices' answers") {
            let companions = try await self.ask("GET", "/state")["companions"]?.elements ?? []
            return !companions.isEmpty && companions.allSatisfy { $0["waiting"] == 0 }
        }
    }

    /// Returns when a phone has fetched this many files and found them to be what was announced; gives their hashes.
    func files(on number: String, _ count: Int) async throws -> [String] {
        try await eventually("\(count) files on the phone \(number)") {
            let states = try await self.inbox(of: number).compactMap { $0["media"]?["status"]?.text }
            return states.count { $0 != "waiting" } == count
        }
        let media = try await self.inbox(of: number).compactMap { $0["media"] }
        if let failed = media.first(where: { $0["status"]?.text == "failed" }) {
            throw Refused(description: "\(number) has no file: \(failed)")
        }
        return media.compactMap { $0["sha256"]?.text }
    }

    /// What it has to say about what clients have sent.
    func complaints() async throws -> [String] {
        try await self.ask("GET", "/log")["complaints"]?.elements.compactMap { $0["reason"]?.text } ?? []
    }

    /// Links a device of a running daemon, as an operator does, and returns when it is online.
    func link(_ name: String, of daemon: TestDaemon, as number: String) async throws {
        let output = (self.files.path("\(name).out"), self.files.path("\(name).error"))
        let operation = try Program(
            BuiltProduct.spoolctl.path(), ["device", "add", name, "--json"],
            environment: ["SPOOLD_SPOOL_DIRECTORY": daemon.spool, "SPOOLD_STATE_DIRECTORY": daemon.state],
            output: output)
        let files = self.files
        try await eventually("a QR code", upTo: .seconds(20)) {
            try files.text("\(name).out").contains("\n") || !operation.isRunning
        }
        let line = try files.text("\(name).out").split(separator: "\n").first.map(String.init) ?? "{}"
        guard let text = try JSON(line)["qr"]?.text else {
            throw Refused(description: "no QR code: \(line) \(try files.text("\(name).error"))")
        }
        // The text has no character that JSON would have to escape.
        try await self.ask("POST", "/scan", #"{"qr": "\#(text)", "number": "\#(number)"}"#)
        guard try await operation.end(upTo: .seconds(60)) == .exited(0) else {
            throw Refused(description: "not linked: \(try files.text("\(name).out"))")
        }
    }
}
