import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import SpoolCore
import UnixSignals
import WhatsAppSimulator

/// `spoold simulate`: the simulator alone, for rehearsals and for clients that are not ours.
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a WhatsApp simulator on the loopback until SIGTERM or SIGINT.",
        discussion: """
            Prints one JSON line with the addresses and the root key that clients have to trust. Phones link devices, \
            read what they are sent and answer through the control port (HTTP, JSON).
            """)

    @Option(help: "Where clients connect: 127.0.0.1:PORT; port 0 for any free one.")
    var listen = "127.0.0.1:0"

    @Option(help: "Where the control port listens: 127.0.0.1:PORT; port 0 for any free one.")
    var control = "127.0.0.1:0"

    @Option(help: "Keys, identifiers and all chance come from it; without one they differ from run to run.")
    var seed: UInt64?

    @Option(help: "A JSON file with accounts and faults.")
    var script: String?

    func run() async throws {
        var configuration = SimulatedServer.Configuration(seed: self.seed ?? UInt64.random(in: 0 ... .max))
        configuration.port = try Self.port(self.listen, "--listen")
        configuration.controlPort = try Self.port(self.control, "--control")
        if let script = self.script { configuration.scenario = try Scenario(readingFrom: script) }
        var logger = Logger(label: "simulator", factory: LineLogHandler.init)
        logger.logLevel = .notice
        let server: SimulatedServer
        do {
            server = try SimulatedServer(configuration, now: { Date() }, logger: logger)
        } catch {
            throw Failure(.internal, "the simulator's keys cannot be made: \(error)")
        }
        let announcement = Announcement(server: server)
        var group = ServiceGroupConfiguration(
            services: [server, announcement], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(8)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            guard "\(error)".contains("errno: \(EADDRINUSE)") else { throw Failure(.internal, "\(error)") }
            throw Failure(.configuration, "\(self.listen) or \(self.control) is in use by another program")
        }
    }

    /// The port of `127.0.0.1:PORT`: strangers have no business with a simulator.
    private static func port(_ text: String, _ option: String) throws -> Int {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "127.0.0.1", let port = UInt16(parts[1]) else {
            throw ValidationError("\(option) '\(text)' must be 127.0.0.1:PORT")
        }
        return Int(port)
    }
}

extension Scenario {
    /// Larger scripts are no scripts.
    private static let maximumScript = 16 << 20

    /// - Throws: `Failure` for a file that cannot be read or is no script.
    init(readingFrom path: String) throws {
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw Failure(.configuration, "\(path) cannot be read: \(error.localizedDescription)")
        }
        guard bytes.count <= Self.maximumScript else {
            throw Failure(.configuration, "\(path) is larger than \(Self.maximumScript) bytes")
        }
        do {
            self = try Scenario(json: Array(bytes))
        } catch {
            throw Failure(.configuration, "\(path): \(error)")
        }
    }
}

/// Says where the simulator is reached, once it is.
private struct Announcement: Service {
    let server: SimulatedServer

    func run() async throws {
        let endpoint = try await self.server.start()
        StandardOutput.write(SimulatorAddress(self.server, endpoint).json)
        // A service that returns would end the group.
        try await gracefulShutdown()
    }
}

/// Where a simulator is reached.
struct SimulatorAddress {
    /// One object: where clients connect and what they have to trust.
    let json: String

    init(_ server: SimulatedServer, _ endpoint: SimulatedServer.Endpoint) {
        let control = endpoint.controlPort.map { JSONString.quoted("http://127.0.0.1:\($0)") } ?? "null"
        let media = endpoint.mediaURL.map { JSONString.quoted($0) } ?? "null"
        self.json =
            "{\"ws\": \(JSONString.quoted(endpoint.url)), \"media\": \(media), \"control\": \(control), "
            + "\"rootKey\": \(JSONString.quoted(server.rootKeyHex))}"
    }
}

enum StandardOutput {
    /// Writes one line at once, for whoever waits for it at the end of a pipe.
    static func write(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }
}
