import ArgumentParser
import Foundation
import SpoolCore
import WhatsAppClient

/// How fast a local file gets to a media server, beside reading, encrypting and sending the same bytes with OpenSSL and
/// a plain socket to the same server.
///
/// Ours is a message with a document from the transport's call to the server's answer to the message; every file is new,
/// so that no upload is used again. The protocol names an upload by the hash of its ciphertext, so ours has encrypted
/// the whole file before the first byte leaves; the reference need not know the name and sends while it encrypts.
struct MediaBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "media", abstract: "From local file to uploaded, beside OpenSSL and a plain socket.")

    @Option(help: "Megabytes of a file; at most 100.")
    var megabytes = 100

    @Option(help: "How many times both are measured, in turn.")
    var rounds = 7

    private static let device = DeviceID(rawValue: "bench")
    private static let origin = "https://web.whatsapp.com"

    func validate() throws {
        guard (1...100).contains(self.megabytes), (1...1000).contains(self.rounds) else {
            throw ValidationError("--megabytes is 1 to 100, --rounds 1 to 1000")
        }
    }

    func run() async throws {
        let scratch = try Scratch(in: FileManager.default.currentDirectoryPath)
        defer { scratch.remove() }
        let people = SimulatedPeople(count: 1)
        try people.writeScript(to: scratch.path("people.json"))
        let simulator = try SimulatorProcess(script: scratch.path("people.json"))
        defer { simulator.stop() }
        let devices = try await LinkedDevices(database: scratch.path("devices/devices.db"), at: simulator)
        try await devices.link(Self.device, as: SimulatedPeople.sender(), on: simulator)
        print(
            "\(self.megabytes) MB, \(self.rounds) rounds; the media server is another process and hashes what it gets")
        print("  ours: read, AES-256-CBC, 3 SHA-256 passes (HMAC, file, ciphertext), then sent, message acknowledged")
        print("  reference: read, AES-256-CBC, 1 SHA-256 pass (HMAC), sent meanwhile")
        var rounds: [Round] = []
        for number in 0...self.rounds {
            let bench = Bench(devices: devices, simulator: simulator, recipient: people.recipients[0])
            let file = scratch.path("document-\(number)")
            let round = try await self.measure(number, file, bench)
            try FileManager.default.removeItem(atPath: file)
            // The first one warms both up.
            guard number > 0 else { continue }
            print("  round \(number): \(round)")
            rounds.append(round)
        }
        self.report(rounds, simulator)
        if let complaint = try await simulator.firstComplaint() { throw BenchmarkError("complaint: \(complaint)") }
        try await devices.stop()
    }

    private struct Bench {
        let devices: LinkedDevices
        let simulator: SimulatorProcess
        let recipient: String
    }

    private func measure(_ number: Int, _ path: String, _ bench: Bench) async throws -> Round {
        let hash = try self.writeFile(path, number)
        let plain = try PlainUpload(path: path)
        let (name, length) = try plain.name()
        // Each goes first as often as the other; in the first round nobody knows yet where to send to.
        let isFirst = number.isMultiple(of: 2)
        let ours = isFirst ? try await self.upload(path, hash, number, bench) : nil
        guard let record = bench.devices.uploads.latest else { throw BenchmarkError("nothing was uploaded") }
        let reference = try Self.seconds {
            let target = try Self.target(like: record.request.target, name)
            let status = try plain.send(
                to: record.request.host, target: target, origin: Self.origin, length: length)
            guard status == 200 else { throw BenchmarkError("the media server has answered \(status)") }
        }
        let result: Upload
        if let ours { result = ours } else { result = try await self.upload(path, hash, number, bench) }
        return Round(megabytes: Double(self.megabytes), ours: result, reference: reference)
    }

    private func upload(_ path: String, _ hash: [UInt8], _ number: Int, _ bench: Bench) async throws -> Upload {
        let description = MediaDescription(
            kind: .document, mimeType: "application/pdf", fileName: "document-\(number).pdf",
            size: Int64(self.megabytes) * 1_000_000)
        let media = OutgoingMedia(path: path, hash: hash, description: description)
        let start = ContinuousClock.now
        try await bench.devices.send(media, to: bench.recipient, from: Self.device)
        let end = ContinuousClock.now
        guard let record = bench.devices.uploads.latest, record.encryptedAt > start else {
            throw BenchmarkError("nothing was uploaded")
        }
        // The phone fetches and decrypts it: nothing else is measured meanwhile.
        while try await bench.simulator.counts().verifiedFiles <= number {
            guard ContinuousClock.now < end + .seconds(120) else { throw BenchmarkError("the phone has no file") }
            try await Task.sleep(for: .milliseconds(10))
        }
        return Upload(seconds: (end - start).seconds, secondsToEncrypted: (record.encryptedAt - start).seconds)
    }

    /// A file like no other, and its hash.
    private func writeFile(_ path: String, _ number: Int) throws -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        var block = (0..<125_000).flatMap { _ in withUnsafeBytes(of: generator.next() as UInt64) { Array($0) } }
        let hash = try RawHash()
        guard FileManager.default.createFile(atPath: path, contents: nil) else {
            throw BenchmarkError("\(path) cannot be written")
        }
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        defer { try? file.close() }
        for index in 0..<self.megabytes {
            block.replaceSubrange(0..<2, with: [UInt8(number & 0xFF), UInt8(index)])
            try block.withUnsafeBytes { try hash.update($0) }
            try file.write(contentsOf: block)
        }
        try file.synchronize()
        return try hash.finish()
    }

    /// The same address and pass, for an upload of this name.
    private static func target(like other: String, _ hash: [UInt8]) throws -> String {
        guard let auth = other.split(separator: "?").last?.split(separator: "&").first(where: { $0.hasPrefix("auth=") })
        else { throw BenchmarkError("an upload without a pass: \(other)") }
        let name = Data(hash).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
        return "/mms/document/\(name)?\(auth)&token=\(name.replacing("=", with: "%3D"))"
    }

    private static func seconds(_ work: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try work()
        return (ContinuousClock.now - start).seconds
    }

    private func report(_ rounds: [Round], _ simulator: SimulatorProcess) {
        let median = { (value: (Round) -> Double) in rounds.map(value).sorted()[rounds.count / 2] }
        Figures.heading("median of \(rounds.count)")
        Figures.line("MB/s from file to acknowledged message", Figures.count(median { $0.rate($0.ours.seconds) }))
        Figures.line("  of it until encrypted, MB/s", Figures.count(median { $0.rate($0.ours.secondsToEncrypted) }))
        Figures.line(
            "  of it sent, MB/s", Figures.count(median { $0.rate($0.ours.seconds - $0.ours.secondsToEncrypted) }))
        Figures.line("MB/s with OpenSSL and a plain socket", Figures.count(median { $0.rate($0.reference) }))
        Figures.line("resident MiB", Figures.count(Double(ProcessUsage.own.residentKiB) / 1024))
        Figures.line("ratio", "\(Figures.count(100 * median(\.ratio))) %")
    }
}

extension MediaBenchmark {
    private struct Upload {
        let seconds: Double
        let secondsToEncrypted: Double
    }

    /// One file, both ways.
    private struct Round: CustomStringConvertible {
        let megabytes: Double
        let ours: Upload
        let reference: Double

        func rate(_ seconds: Double) -> Double { self.megabytes / seconds }

        var ratio: Double { self.reference / self.ours.seconds }

        var description: String {
            "\(Figures.count(self.rate(self.ours.seconds))) MB/s, reference "
                + "\(Figures.count(self.rate(self.reference))) MB/s, \(Figures.count(100 * self.ratio)) %"
        }
    }
}
