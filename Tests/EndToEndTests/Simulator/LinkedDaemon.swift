import Foundation
import SpoolTestSupport

/// A daemon with one linked device, and the simulator in another process that it is linked to.
struct LinkedDaemon {
    static let sender = "15550000001"

    let simulator: SimulatorProgram
    let daemon: TestDaemon

    /// - Parameters:
    ///   - accounts: People beside the sender, as scripts have them.
    ///   - faults: As scripts have them.
    init(accounts: [String], faults: String = "[]", configuration: String? = nil) async throws {
        let people = ([#"{"number": "\#(Self.sender)"}"#] + accounts).joined(separator: ",")
        self.simulator = try await SimulatorProgram(
            script: #"{"accounts": [\#(people)], "faults": \#(faults)}"#, seed: 1)
        self.daemon = try TestDaemon(
            configuration: configuration,
            settings: self.simulator.settings.merging(["RETRY_FIRST": "100ms", "RETRY_MAXIMUM": "1s"]) { $1 },
            options: [])
        try await self.daemon.start()
        try await self.simulator.link("office", of: self.daemon, as: Self.sender)
    }

    static func recipient(_ index: Int) -> String { String(16_660_000_000 + index) }

    static func accounts(_ count: Int) -> [String] { (0..<count).map { #"{"number": "\#(Self.recipient($0))"}"# } }

    /// Drops a file and waits for its results.
    func send(_ text: String, as name: String) async throws -> (marker: String, table: CSVTable) {
        try self.daemon.drop(text, as: name)
        return (try await self.daemon.marker(of: name), try self.daemon.table("\(name).result.csv"))
    }

    func stop() async throws {
        try await self.daemon.stop()
        _ = try await self.simulator.stop()
    }
}

/// A PDF as far as anybody looks, and its hash by a program that is not ours.
struct TestDocument {
    let bytes: [UInt8]

    /// - Parameter mark: what makes it another one.
    init(size: Int = 2000, mark: UInt8 = 1) {
        self.bytes = Array("%PDF-1.7\n".utf8) + [UInt8](repeating: mark, count: size)
    }

    func sha256() async throws -> String {
        let files = try TemporaryDirectory()
        try Data(self.bytes).write(to: URL(filePath: files.path("document")))
        let result = try await ProgramResult.of("/usr/bin/sha256sum", [files.path("document")])
        return String(result.output.prefix(64))
    }
}
