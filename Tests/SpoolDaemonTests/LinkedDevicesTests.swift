import Foundation
import SpoolControl
import SpoolCore
import SpoolQueue
import SpoolScheduler
import SpoolTestSupport
import Synchronization
import Testing

@testable import SpoolDaemon

struct LinkedDevicesTests {
    private static let phone = "15550199"
    private static let renaming = DeviceRenaming(from: .first, to: .second)

    private func linked(_ fixture: DaemonFixture, _ administration: FakeAdministration) -> LinkedDevices {
        LinkedDevices(
            administration: administration, transport: fixture.transport, queue: fixture.queue, roster: fixture.roster,
            clock: fixture.time.clock, logger: fixture.log.logger)
    }

    // MARK: Linking

    @Test func `a device that was linked is on the board when the call returns`() async throws {
        let fixture = try await DaemonFixture(devices: [])
        let administration = FakeAdministration(fixture.transport)
        let steps = Mutex<[LinkingStep]>([])
        let device = try await self.linked(fixture, administration).link(.first, phone: Self.phone) { step in
            steps.withLock { $0.append(step) }
        }
        #expect(device.number == Self.phone)
        #expect(steps.withLock { $0 } == [.qrCode("QR", validFor: .seconds(60)), .linked(number: Self.phone)])
        #expect(await fixture.board.device(.first) == device)
        #expect(administration.acts == ["link dev1 \(Self.phone)"])
    }

    @Test func `two acts on one device do not go together`() async throws {
        let fixture = try await DaemonFixture()
        let administration = FakeAdministration(fixture.transport)
        let devices = self.linked(fixture, administration)
        let (begun, entry) = AsyncStream.makeStream(of: Void.self)
        let (go, goEntry) = AsyncStream.makeStream(of: Void.self)
        administration.onAct = {
            entry.yield()
            for await _ in go {}
        }
        let removal = Task { try await devices.remove(.first) }
        for await _ in begun.prefix(1) {}
        for name in [DeviceID.first, .second] {
            await #expect(throws: DeviceAdministrationError.busy(.first)) {
                if name == .first {
                    _ = try await devices.link(.first, phone: nil) { _ in }
                } else {
                    try await devices.rename(.first, to: .second)
                }
            }
        }
        goEntry.finish()
        #expect(try await removal.value == DeviceRemoval(isUnlinked: true, failed: 0))
    }

    @Test func `a linked device is waited for until it is online, but not for ever`() async throws {
        let fixture = try await DaemonFixture(devices: [])
        let devices = self.linked(fixture, FakeAdministration(fixture.transport))
        _ = try await devices.link(.first, phone: nil) { _ in }
        try await running(fixture.news()) { _ in
            let late = Task { await devices.connection(of: .first) }
            try await fixture.time.idle()
            fixture.time.advance(by: .seconds(60))
            #expect(await late.value == nil)
            let soon = Task { await devices.connection(of: .first) }
            try await fixture.time.idle()
            try await fixture.transport.change(.second, to: .connected)
            try await fixture.transport.change(.first, to: .connected)
            #expect(await soon.value?.id == .first)
            #expect(await devices.connection(of: .first)?.isConnected == true)
        }
    }

    // MARK: Renaming

    @Test func `a rename takes queue, transport and board along, and its messages go on under the new name`()
        async throws
    {
        let fixture = try await DaemonFixture()
        let administration = FakeAdministration(fixture.transport)
        let ids = try await fixture.add([request(1, device: .first)])
        try await self.linked(fixture, administration).rename(.first, to: .second)
        #expect(administration.acts == ["rename dev1 dev2"])
        #expect(await fixture.board.ids == [.second])
        #expect(try await fixture.queue.unfinishedRenamings().isEmpty)
        try await running(fixture.delivery()) { _ in
            let send = try await fixture.transport.nextSend()
            #expect((send.message.queueID, send.message.device) == (ids[0], .second))
        }
    }

    @Test func `while a device is renamed nothing of it is under way`() async throws {
        var pacing = PacingPolicy.none
        pacing.burst = 1
        let fixture = try await DaemonFixture(pacing: pacing) { _ in .held }
        let administration = FakeAdministration(fixture.transport)
        let states = Mutex<[MessageState]>([])
        let ids = try await fixture.add([request(1), request(2)])
        administration.onAct = {
            let now = try? await fixture.states(ids)
            states.withLock { $0 = now ?? [] }
        }
        let devices = self.linked(fixture, administration)
        try await running(fixture.news(), fixture.delivery()) { _ in
            _ = try await fixture.transport.nextSend()
            let rename = Task { try await devices.rename(.first, to: .second) }
            try await eventually("the rename to be under way") {
                await fixture.board.beginTurn(of: .first, at: fixture.time.now, ring: 0) == .pause
            }
            #expect(administration.acts.isEmpty)
            fixture.transport.answer(ids[0], .acknowledged)
            try await rename.value
            #expect(states.withLock { $0 } == [.sent, .pending])
            let send = try await fixture.transport.nextSend()
            #expect((send.message.queueID, send.message.device) == (ids[1], .second))
            fixture.transport.answer(ids[1], .acknowledged)
        }
        #expect(try await fixture.message(ids[0]).device == .second)
    }

    @Test func `a rename that the transport refuses changes nothing`() async throws {
        let fixture = try await DaemonFixture()
        let administration = FakeAdministration(fixture.transport)
        administration.failure = .failed("the store is broken")
        let ids = try await fixture.add([request(1, device: .first)])
        await #expect(throws: DeviceAdministrationError.failed("the store is broken")) {
            try await self.linked(fixture, administration).rename(.first, to: .second)
        }
        #expect(await fixture.board.ids == [.first])
        #expect(try await fixture.queue.unfinishedRenamings().isEmpty)
        try await running(fixture.delivery()) { _ in
            let send = try await fixture.transport.nextSend()
            #expect(send.message.queueID == ids[0])
        }
    }

    @Test func `names that are unknown or taken are refused before anything happens`() async throws {
        let fixture = try await DaemonFixture(devices: [.first, .second])
        let administration = FakeAdministration(fixture.transport)
        let devices = self.linked(fixture, administration)
        let other = DeviceID(rawValue: "other")
        await #expect(throws: DeviceAdministrationError.unknown(other)) { try await devices.rename(other, to: .first) }
        await #expect(throws: DeviceAdministrationError.exists(.second)) {
            try await devices.rename(.first, to: .second)
        }
        await #expect(throws: DeviceAdministrationError.exists(.first)) { try await devices.rename(.first, to: .first) }
        await #expect(throws: DeviceAdministrationError.unknown(other)) { _ = try await devices.remove(other) }
        #expect(administration.acts.isEmpty)
    }

    // MARK: Notes of renamings that could not be deleted

    private func keepNotes(_ fixture: DaemonFixture) async throws {
        try await fixture.database.execute(
            "CREATE TRIGGER broken BEFORE DELETE ON deviceRenaming BEGIN SELECT RAISE(ABORT, 'broken'); END")
    }

    @Test func `a note that outlived its renaming renames no other device later`() async throws {
        let fixture = try await DaemonFixture()
        let administration = FakeAdministration(fixture.transport)
        let devices = self.linked(fixture, administration)
        try await self.keepNotes(fixture)
        try await devices.rename(.first, to: .second)
        #expect(await fixture.board.ids == [.second])
        #expect(fixture.log.errors.count == 1)
        try await fixture.allowAllStates()
        try await devices.rename(.second, to: DeviceID(rawValue: "dev3"))
        _ = try await devices.link(.first, phone: nil) { _ in }
        // The next start.
        try await self.linked(fixture, administration).finishRenamings()
        #expect(administration.acts == ["rename dev1 dev2", "rename dev2 dev3", "link dev1 -"])
        #expect(try await fixture.queue.unfinishedRenamings().isEmpty)
    }

    @Test func `as long as the note stays no name is given anew`() async throws {
        let fixture = try await DaemonFixture()
        let administration = FakeAdministration(fixture.transport)
        let devices = self.linked(fixture, administration)
        try await self.keepNotes(fixture)
        try await devices.rename(.first, to: .second)
        await #expect(throws: QueueError.self) { _ = try await devices.link(.first, phone: nil) { _ in } }
        await #expect(throws: QueueError.self) { _ = try await devices.remove(.second) }
        await #expect(throws: QueueError.self) {
            try await devices.rename(.second, to: DeviceID(rawValue: "dev3"))
        }
        #expect(administration.acts == ["rename dev1 dev2"])
    }

    @Test func `a renaming that failed and could not be undone either is undone before the next act`() async throws {
        let fixture = try await DaemonFixture()
        let administration = FakeAdministration(fixture.transport)
        let devices = self.linked(fixture, administration)
        let ids = try await fixture.add([request(1, device: .first)])
        try await self.keepNotes(fixture)
        administration.failure = .failed("the store is broken")
        await #expect(throws: QueueError.self) { try await devices.rename(.first, to: .second) }
        #expect(try await fixture.message(ids[0]).device == .second)
        try await fixture.allowAllStates()
        administration.failure = nil
        _ = try await devices.link(.second, phone: nil) { _ in }
        #expect(try await fixture.message(ids[0]).device == .first)
        #expect(try await fixture.queue.unfinishedRenamings().isEmpty)
    }

    // MARK: Renaming, cut off by a crash

    @Test func `a rename that a crash cut off before the transport had it is carried out at start`() async throws {
        let fixture = try await DaemonFixture()
        let administration = FakeAdministration(fixture.transport)
        let ids = try await fixture.add([request(1, device: .first)])
        try await fixture.queue.beginRenaming(Self.renaming)
        try await self.linked(fixture, administration).finishRenamings()
        #expect(administration.acts == ["rename dev1 dev2"])
        #expect(try await fixture.queue.unfinishedRenamings().isEmpty)
        #expect(try await fixture.message(ids[0]).device == .second)
    }

    @Test func `a rename that a crash cut off after the transport had it only loses its note`() async throws {
        let fixture = try await DaemonFixture(devices: [.second])
        let administration = FakeAdministration(fixture.transport)
        try await fixture.queue.beginRenaming(Self.renaming)
        try await self.linked(fixture, administration).finishRenamings()
        #expect(administration.acts.isEmpty)
        #expect(try await fixture.queue.unfinishedRenamings().isEmpty)
    }

    @Test func `a rename that the transport refuses at start is undone, so that no message is orphaned`() async throws {
        let fixture = try await DaemonFixture()
        let administration = FakeAdministration(fixture.transport)
        administration.failure = .failed("the store is broken")
        let ids = try await fixture.add([request(1, device: .first)])
        try await fixture.queue.beginRenaming(Self.renaming)
        try await self.linked(fixture, administration).finishRenamings()
        #expect(try await fixture.queue.unfinishedRenamings().isEmpty)
        #expect(try await fixture.message(ids[0]).device == .first)
        #expect(fixture.log.errors == ["device dev1 keeps its name: the store is broken"])
    }

    // MARK: Removing

    @Test func `a removal fails what only that device could send, and says how many`() async throws {
        let fixture = try await DaemonFixture(devices: [.first, .second])
        let administration = FakeAdministration(fixture.transport)
        let ids = try await fixture.add([
            request(1, device: .first), request(2), request(3, device: .second), request(4, device: .first),
        ])
        let removal = try await self.linked(fixture, administration).remove(.first)
        #expect(removal == DeviceRemoval(isUnlinked: true, failed: 2))
        #expect(try await fixture.states(ids) == [.failed, .pending, .pending, .failed])
        #expect(try await fixture.message(ids[3]).errorCode == "DEVICE_LOST")
        #expect(await fixture.board.ids == [.second])
    }

    @Test func `a removal that fails leaves the device at work`() async throws {
        let fixture = try await DaemonFixture()
        let administration = FakeAdministration(fixture.transport)
        administration.failure = .failed("the store is broken")
        let ids = try await fixture.add([request(1, device: .first)])
        let devices = self.linked(fixture, administration)
        await #expect(throws: DeviceAdministrationError.failed("the store is broken")) {
            _ = try await devices.remove(.first)
        }
        try await running(fixture.delivery()) { _ in
            let send = try await fixture.transport.nextSend()
            #expect(send.message.queueID == ids[0])
        }
    }
}
