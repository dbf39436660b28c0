import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// A `spoold simulate` in a process of its own, from the directory this benchmark lies in.
final class SimulatorProcess {
    /// Where it is reached, as it says itself.
    struct Addresses: Decodable {
        let ws: String
        let control: String
        let rootKey: String
    }

    /// What it has counted.
    struct Counts: Decodable {
        let accepted: Int
        let shown: Int
        let rawRepeats: Int
        let undecryptable: Int
        let uploads: Int
        let verifiedFiles: Int
    }

    let addresses: Addresses
    private let process = Process()
    private static let http = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup)
    private static let maximumAnswer = 64 << 20

    /// Returns when it can be reached.
    /// - Parameter script: the path of a script with the people there are.
    init(script: String) throws {
        let own = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let output = Pipe()
        self.process.executableURL = own.appendingPathComponent("spoold")
        self.process.arguments = ["simulate", "--seed", "1", "--script", script]
        self.process.standardOutput = output
        try self.process.run()
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let piece = output.fileHandleForReading.availableData
            guard !piece.isEmpty else { throw BenchmarkError("the simulator did not say where it is reached") }
            line += piece
        }
        self.addresses = try JSONDecoder().decode(Addresses.self, from: line)
    }

    deinit {
        if self.process.isRunning { self.stop() }
    }

    var usage: ProcessUsage { ProcessUsage(process: self.process.processIdentifier) }

    func stop() {
        self.process.terminate()
        self.process.waitUntilExit()
    }

    /// A phone with this number scans a QR code.
    func scan(_ qr: String, as number: String) async throws {
        try await self.post("/scan", ["qr": qr, "number": number])
    }

    /// A person writes to another, on the phone.
    func write(_ text: String, from number: String, to contact: String) async throws {
        try await self.post("/phones/\(number)/send", ["to": contact, "text": text])
    }

    private func post(_ path: String, _ body: [String: String]) async throws {
        var request = HTTPClientRequest(url: self.addresses.control + path)
        request.method = .POST
        request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
        _ = try await Self.answer(to: request)
    }

    func counts() async throws -> Counts {
        struct State: Decodable { let counts: Counts }
        let answer = try await Self.answer(to: HTTPClientRequest(url: self.addresses.control + "/state"))
        return try JSONDecoder().decode(State.self, from: answer).counts
    }

    /// How many linked devices are connected and get what is sent to them.
    func activeDevices() async throws -> Int {
        struct State: Decodable { let companions: [Companion] }
        struct Companion: Decodable { let active: Bool }
        let answer = try await Self.answer(to: HTTPClientRequest(url: self.addresses.control + "/state"))
        return try JSONDecoder().decode(State.self, from: answer).companions.count(where: \.active)
    }

    /// The first of the complaints about what clients have sent; `nil` when there is none.
    func firstComplaint() async throws -> String? {
        struct Log: Decodable { let complaints: [Complaint] }
        struct Complaint: Decodable { let reason: String }
        let answer = try await Self.answer(to: HTTPClientRequest(url: self.addresses.control + "/log"))
        return try JSONDecoder().decode(Log.self, from: answer).complaints.first?.reason
    }

    private static func answer(to request: HTTPClientRequest) async throws -> Data {
        let response = try await self.http.execute(request, timeout: .seconds(60))
        let body = try await response.body.collect(upTo: Self.maximumAnswer)
        guard response.status == .ok else { throw BenchmarkError("the simulator refused: \(String(buffer: body))") }
        return Data(body.readableBytesView)
    }
}

/// The people of a benchmark, as a script for the simulator.
struct SimulatedPeople {
    /// Who is written to. They answer once, so that what follows is written in sessions that both sides know.
    let recipients: [String]

    init(count: Int) {
        self.recipients = (0..<count).map { String(16_660_000_000 + $0) }
    }

    /// The number a linked device belongs to.
    static func sender(_ index: Int = 0) -> String { String(15_550_000_001 + index) }

    func writeScript(to path: String, senders: Int = 1) throws {
        let people = self.recipients.map { ["number": $0, "reply": "ok"] }
        let script = ["accounts": people + (0..<senders).map { ["number": Self.sender($0)] }]
        try JSONSerialization.data(withJSONObject: script).write(to: URL(fileURLWithPath: path))
    }
}
