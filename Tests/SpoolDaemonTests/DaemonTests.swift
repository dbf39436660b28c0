import Foundation
import Glibc
import Logging
import SpoolCore
import SpoolFiles
import SpoolQueue
import SpoolScheduler
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

struct DaemonTests {
    private let directory: TemporaryDirectory
    private let time = TestTime()
    private let log = LogBook()

    init() throws {
        self.directory = try TemporaryDirectory()
    }

    private var queueFile: String { self.directory.path("state/queue.db") }

    private func daemon(
        _ transport: any MessageTransport, _ administration: (any DeviceAdministration)? = nil
    ) async throws -> Daemon {
        try await Daemon(
            Daemon.Configuration(
                spool: self.directory.path("spool"), state: self.directory.path("state"),
                controlSocket: self.directory.path("control.sock"), settle: .seconds(2), rescan: .seconds(30),
                duplicateWindow: nil, minimumFree: nil, rules: ReadingRules(), policy: SchedulerPolicy(pacing: .none),
                backOff: BackOff(),
                onUncertain: .resend, grace: .seconds(3), listenHost: "127.0.0.1", listenPort: 0, version: "test"),
            transport: transport, administration: administration, chance: Chance(SeededGenerator(seed: 1)),
            clock: self.time.clock, wallClock: self.time.wall, logger: self.log.logger)
    }

    private func transport(_ devices: [DeviceID]) -> FakeTransport {
        FakeTransport(devices: devices, wallClock: self.time.wall)
    }

    private func mode(_ path: String) throws -> mode_t {
        var status = stat()
        guard stat(path, &status) == 0 else { throw SystemCallFailed(call: "stat \(path)", code: errno) }
        return status.st_mode & 0o7777
    }

    @Test func `the state is the daemon's own: directory 0750, database 0600`() async throws {
        let daemon = try await self.daemon(self.transport([]))
        #expect(try self.mode(self.directory.path("state")) == 0o750)
        for suffix in ["", "-wal", "-shm"] { #expect(try self.mode(self.queueFile + suffix) == 0o600) }
        withExtendedLifetime(daemon) {}
    }

    @Test func `a database that others could read is closed to them`() async throws {
        try self.directory.makeDirectory("state")
        try self.directory.write("", to: "state/queue.db")
        #expect(chmod(self.queueFile, 0o644) == 0)
        let daemon = try await self.daemon(self.transport([]))
        #expect(try self.mode(self.queueFile) == 0o600)
        withExtendedLifetime(daemon) {}
    }

    @Test func `without any device it starts, and messages wait`() async throws {
        let daemon = try await self.daemon(self.transport([]))
        #expect(daemon.services.count == 10)
        #expect(self.log.errors.isEmpty)
    }

    /// A queue with one message for the first device only, as a daemon before has left it.
    private func leaveMessage() async throws -> (queue: MessageQueue, reader: QueueReader, id: QueueID) {
        try self.directory.makeDirectory("state")
        let database = try QueueDatabase.open(path: self.queueFile)
        let name = DropFileName("orders.csv")
        let seed = BatchSeed(
            id: BatchID(rawValue: 1), user: .default, file: name, results: name, format: "csv", digest: nil, inode: 1,
            takenAt: self.time.now, original: "accepted/orders.csv", isDryRun: false)
        let row = ImportRow(record: 1, line: 2, content: .success(request(1, device: .first)))
        try await MessageQueue(database).finishImport([row], of: seed, isStrict: false, now: self.time.now)
        return (MessageQueue(database), QueueReader(database), QueueID(rawValue: 1))
    }

    @Test func `a start removes attachments that no open batch needs`() async throws {
        for name in ["batches/7", "objects/ab"] { try self.directory.makeDirectory("state/media/" + name) }
        let left = self.directory.path("state/media/objects/ab/ab" + String(repeating: "0", count: 62))
        try self.directory.write("left", to: "state/media/batches/7/content-x")
        #expect(link(self.directory.path("state/media/batches/7/content-x"), left) == 0)
        _ = try await self.daemon(self.transport([]))
        #expect(try self.directory.names(in: "state/media/batches") == [])
        #expect(try self.directory.names(in: "state/media/objects/ab") == [])
    }

    @Test func `messages for a device that is gone fail at start`() async throws {
        let (_, reader, id) = try await self.leaveMessage()
        _ = try await self.daemon(self.transport([.second]))
        let message = try #require(try await reader.message(id)?.message)
        #expect((message.status, message.errorCode) == (.failed, "DEVICE_LOST"))
    }

    @Test func `what a clock that was ahead has left uncertain is settled by the right clock`() async throws {
        let (queue, _, id) = try await self.leaveMessage()
        let ahead = self.time.now + .seconds(86400)
        _ = try await queue.claim(upTo: 1, for: .first, lease: .seconds(300), now: ahead) {
            WireMessageID(rawValue: "3EB001")
        }
        try await queue.settle(
            [SettledAttempt(message: id, attempt: 1, settlement: .uncertain(detail: "no answer"))], now: ahead)
        _ = try await self.daemon(self.transport([.first]))
        #expect(try await queue.oldestUncertain(of: .first) == self.time.now)
    }

    @Test(arguments: [DeviceID.first, .second])
    func `a rename that was cut off is finished before messages are given up`(inTransport name: DeviceID) async throws {
        let (queue, reader, id) = try await self.leaveMessage()
        try await queue.beginRenaming(DeviceRenaming(from: .first, to: .second))
        let transport = self.transport([name])
        _ = try await self.daemon(transport, FakeAdministration(transport))
        #expect(await transport.devices().map(\.id) == [.second])
        let message = try #require(try await reader.message(id)?.message)
        #expect((message.status, message.device) == (.pending, .second))
        #expect(try await queue.unfinishedRenamings().isEmpty)
    }

    @Test func `the transport ends after the deliveries and after what acts on its devices`() async throws {
        let services = try await self.daemon(self.transport([])).services
        let names = services.map { String(describing: type(of: $0)) }
        let transport = try #require(names.firstIndex(of: "TransportService"))
        // Services end in the opposite order of their list.
        #expect(transport < (try #require(names.firstIndex(of: "DeliveryService"))))
        #expect(transport < (try #require(names.firstIndex(of: "ControlServer"))))
    }
}
