import Foundation
import Logging
import SpoolControl
import SpoolCore
import SpoolQueue

/// Links, renames and removes devices so that queue, board and transport agree, also when the daemon dies on the way.
///
/// One act at a time for a device. Its deliveries stand still while it is renamed or removed.
actor LinkedDevices: DeviceActions {
    private let administration: any DeviceAdministration
    private let transport: any MessageTransport
    private let queue: MessageQueue
    private let roster: DeviceRoster
    private let clock: any Clock<Duration>
    private let logger: Logger
    private var busy: Set<DeviceID> = []

    /// How long a device that was just linked may take to come online before nobody waits for it any more.
    static let connectsWithin = Duration.seconds(60)

    init(
        administration: any DeviceAdministration, transport: any MessageTransport, queue: MessageQueue,
        roster: DeviceRoster, clock: any Clock<Duration>, logger: Logger
    ) {
        self.administration = administration
        self.transport = transport
        self.queue = queue
        self.roster = roster
        self.clock = clock
        self.logger = logger
    }

    // MARK: Linking

    func link(
        _ device: DeviceID, phone: String?, onStep: @escaping @Sendable (LinkingStep) async -> Void
    ) async throws -> TransportDevice {
        try await self.settleRenamings()
        try self.begin(device)
        defer { self.busy.remove(device) }
        let linked = try await self.administration.link(device, phone: phone, onStep: onStep)
        try await self.roster.add(linked)
        return linked
    }

    func connection(of device: DeviceID) async -> TransportDevice? {
        let changes = await self.roster.board.changes()
        if let known = await self.roster.board.device(device), known.isConnected { return known }
        return await withTaskGroup(of: TransportDevice?.self) { group in
            group.addTask { await changes.first { $0.id == device && $0.isConnected } }
            group.addTask {
                // A cancelled sleep ends the wait, as its end does.
                try? await self.clock.sleep(for: Self.connectsWithin)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    // MARK: Renaming

    func rename(_ device: DeviceID, to name: DeviceID) async throws {
        try await self.settleRenamings()
        try await self.checkIsKnown(device)
        guard await self.roster.board.device(name) == nil else { throw DeviceAdministrationError.exists(name) }
        try self.begin(device)
        defer { self.busy.remove(device) }
        try self.begin(name)
        defer { self.busy.remove(name) }
        try await self.standingStill(device) { try await self.carryOut(DeviceRenaming(from: device, to: name)) }
    }

    /// The queue first, with a note of what is to follow: a crash in between is finished by `finishRenamings`.
    private func carryOut(_ renaming: DeviceRenaming) async throws {
        try await self.queue.beginRenaming(renaming)
        try await self.renameInTransport(renaming)
        let renamed = await self.transport.devices().first { $0.id == renaming.to }
        await self.roster.remove(renaming.from)
        if let renamed { try await self.roster.add(renamed) }
        do throws(QueueError) {
            try await self.queue.finishRenaming(renaming)
        } catch {
            // It is done all the same. Before the next act on any device the note is looked at again.
            self.logger.error("the note that \(renaming.from) becomes \(renaming.to) cannot be deleted yet: \(error)")
        }
    }

    private func renameInTransport(_ renaming: DeviceRenaming) async throws {
        do {
            try await self.administration.rename(renaming.from, to: renaming.to)
        } catch {
            guard await self.isDue(renaming) else { return }
            try await self.queue.undoRenaming(renaming)
            throw error
        }
    }

    /// Deletes the notes of renamings that are over, whether they were carried out or not: a name may be given anew now,
    /// and the next start would take its device for the one of the note.
    private func settleRenamings() async throws(QueueError) {
        for renaming in try await self.queue.unfinishedRenamings() where !self.busy.contains(renaming.from) {
            if await self.isDue(renaming) {
                try await self.queue.undoRenaming(renaming)
            } else {
                try await self.queue.finishRenaming(renaming)
            }
        }
    }

    /// Whether the transport still has the device under its old name.
    private func isDue(_ renaming: DeviceRenaming) async -> Bool {
        let names = await self.transport.devices().map(\.id)
        return names.contains(renaming.from) && !names.contains(renaming.to)
    }

    /// At start, before anything looks for devices: ends what a dead daemon has begun.
    func finishRenamings() async throws {
        for renaming in try await self.queue.unfinishedRenamings() {
            do {
                if await self.isDue(renaming) { try await self.renameInTransport(renaming) }
                try await self.queue.finishRenaming(renaming)
                self.logger.notice("device \(renaming.from) is called \(renaming.to) now, as was asked for before")
            } catch let error as DeviceAdministrationError {
                self.logger.error("device \(renaming.from) keeps its name: \(error)")
            }
        }
    }

    // MARK: Removing

    func remove(_ device: DeviceID) async throws -> DeviceRemoval {
        try await self.settleRenamings()
        try await self.checkIsKnown(device)
        try self.begin(device)
        defer { self.busy.remove(device) }
        return try await self.standingStill(device) {
            let isUnlinked = try await self.administration.remove(device)
            await self.roster.remove(device)
            let failed = try await self.queue.failOrphans(of: device, now: self.roster.wallClock.now)
            self.roster.wakeUps.results.ring()
            return DeviceRemoval(isUnlinked: isUnlinked, failed: failed)
        }
    }

    // MARK: -

    private func begin(_ device: DeviceID) throws(DeviceAdministrationError) {
        guard self.busy.insert(device).inserted else { throw .busy(device) }
    }

    private func checkIsKnown(_ device: DeviceID) async throws(DeviceAdministrationError) {
        guard await self.roster.board.device(device) != nil else { throw .unknown(device) }
    }

    /// Does `body` while no message of the device is under way and none is begun.
    private func standingStill<Value: Sendable>(
        _ device: DeviceID, _ body: () async throws -> Value
    ) async throws -> Value {
        await self.roster.board.suspend(device)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        await self.roster.board.resume(device)
        self.roster.wakeUps.ringDelivery()
        return try result.get()
    }
}
