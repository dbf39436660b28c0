import Foundation
import Glibc
import SpoolTestSupport
import Testing

/// A file that is sent by several devices while connections are cut and the daemon is killed, over and over.
struct InterruptedSending {
    let rows: Int
    let recipients: Int
    /// A third of them at any moment, the others in the middle of a message.
    let cuts: Int
    let kills: Int
    let seed: UInt64

    private static let devices = ["dev1", "dev2", "dev3"]
    private static let file = "orders.csv"

    private func recipient(_ row: Int) -> String { String(16_660_000_000 + row % self.recipients) }
    private func sender(_ index: Int) -> String { String(15_550_000_001 + index) }
    private func text(_ row: Int) -> String { "Order \(row) is on its way" }

    /// Whose phones are off until everything is sent: no receipt tells what became of an attempt.
    private var absent: [String] { stride(from: 0, to: self.recipients, by: 15).map { self.recipient($0) } }

    /// A recipient stays with the device that wrote first, so the rows say which: else it would be the fastest one.
    private var table: String {
        (0..<self.rows).reduce(into: "number,message,sessionId\n") { table, row in
            let device = Self.devices[row % self.recipients % Self.devices.count]
            table += "\(self.recipient(row)),\(self.text(row)),\(device)\n"
        }
    }

    /// - Parameter patience: until everything is sent, once nothing disturbs any more.
    func run(patience: Duration) async throws {
        var generator = SeededGenerator(seed: self.seed)
        let simulator = try await SimulatorProgram(script: self.script(using: &generator), seed: self.seed)
        let daemon = try TestDaemon(
            settings: simulator.settings.merging(["RETRY_FIRST": "100ms", "RETRY_MAXIMUM": "1s"]) { $1 }, options: [])
        try await daemon.start()
        for (index, name) in Self.devices.enumerated() {
            try await simulator.link(name, of: daemon, as: self.sender(index))
        }
        try await self.switchPhones("phoneOffline", simulator)
        try daemon.drop(self.table, as: Self.file)
        try await self.disturb(daemon, simulator, using: &generator)
        #expect(try await daemon.marker(of: Self.file, upTo: patience) == "ok")
        try await self.switchPhones("phoneOnline", simulator)
        try await self.check(daemon, simulator)
        #expect(try await daemon.stop() == .exited(0))
        #expect(try await simulator.stop() == .exited(0))
    }

    private func script(using generator: inout SeededGenerator) -> String {
        let people = (0..<self.recipients).map { self.recipient($0) } + Self.devices.indices.map { self.sender($0) }
        let cuts = (0..<self.cuts - self.cuts / 3).map { _ in
            let ways = ["disconnect", "disconnectBeforeAck", "disconnectAfterAck"]
            let way = ways[Int.random(in: 0..<3, using: &generator)]
            let moment = Int.random(in: 1...self.rows, using: &generator)
            return #"{"on": "message", "nth": \#(moment), "do": "\#(way)"}"#
        }
        // So that whatever happens finds messages on their way.
        let slow = [#"{"on": "message", "times": 0, "do": "delayAck", "seconds": 0.05}"#]
        return #"{"accounts": [\#(people.map { #"{"number": "\#($0)"}"# }.joined(separator: ","))], "#
            + #""faults": [\#((slow + cuts).joined(separator: ","))]}"#
    }

    private func switchPhones(_ way: String, _ simulator: SimulatorProgram) async throws {
        let faults = self.absent.map { #"{"do": "\#(way)", "to": "\#($0)"}"# }
        try await simulator.ask("POST", "/faults", "[\(faults.joined(separator: ","))]")
    }

    private enum Disturbance {
        case kill
        /// Of one account, or of all.
        case cut(String?)
    }

    /// Everything happens while messages are on their way; at how many of them is chance.
    private func disturb(
        _ daemon: TestDaemon, _ simulator: SimulatorProgram, using generator: inout SeededGenerator
    ) async throws {
        var moments: [(accepted: Int, what: Disturbance)] = []
        for _ in 0..<self.kills { moments.append((Int.random(in: 0..<self.rows, using: &generator), .kill)) }
        for _ in 0..<self.cuts / 3 {
            let number = Int.random(in: 0...Self.devices.count, using: &generator)
            let account = number < Self.devices.count ? self.sender(number) : nil
            moments.append((Int.random(in: 0..<self.rows, using: &generator), .cut(account)))
        }
        for (accepted, what) in moments.sorted(by: { $0.accepted < $1.accepted }) {
            try await eventually("\(accepted) messages to be accepted") {
                try await simulator.count("accepted") >= accepted
            }
            // No event is waited for: any moment will do.
            try await Task.sleep(for: .microseconds(Int.random(in: 0..<20_000, using: &generator)))
            switch what {
            case .cut(let account):
                let from = account.map { #""from": "\#($0)", "# } ?? ""
                try await simulator.ask("POST", "/faults", #"{\#(from)"do": "disconnect"}"#)
            case .kill:
                daemon.signal(SIGKILL)
                try #require(try await daemon.end() == .killed(by: SIGKILL))
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<200, using: &generator)))
                try daemon.launch()
            }
        }
    }

    private func check(_ daemon: TestDaemon, _ simulator: SimulatorProgram) async throws {
        let result = try daemon.table("\(Self.file).result.csv")
        let ids = result["messageId"]
        #expect(result.counts(of: "status") == ["sent": self.rows])
        #expect(Set(ids).count == self.rows, "every message has an id of its own")
        #expect(Set(result["sessionId"]) == Set(Self.devices))
        var repeats = 0
        for recipient in 0..<self.recipients {
            let inbox = try await simulator.inbox(of: self.recipient(recipient))
            let rows = stride(from: recipient, to: self.rows, by: self.recipients)
            let wanted = rows.map { "\(ids[$0]) \(self.text($0))" }
            let shown = inbox.map { "\($0["id"]?.text ?? "") \($0["text"]?.text ?? "")" }
            try #require(shown.sorted() == wanted.sorted(), "each once: \(self.recipient(recipient))")
            repeats += inbox.compactMap { $0["repeats"]?.int }.reduce(0, +)
        }
        #expect(try await simulator.count("shown") == self.rows)
        #expect(try await simulator.complaints() == [])
        print(
            "\(self.rows) texts, \(self.cuts) cuts, \(self.kills) kills: sent again \(try await simulator.count("repeated")), "
                + "raw repeats \(repeats), logins \(try await simulator.count("logins"))")
    }
}
