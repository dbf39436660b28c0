import Foundation
import Logging
import SpoolCore
import SpoolQueue
import SpoolScheduler

/// Puts devices on the board as the transport tells of them, each with what is stored of it, and takes them off it.
struct DeviceRoster: Sendable {
    let queue: MessageQueue
    let reader: QueueReader
    let board: DeviceBoard
    let wakeUps: WakeUps
    let wallClock: any WallClock
    let logger: Logger

    /// Puts a device on the board, unless it is there.
    func add(_ device: TransportDevice) async throws(QueueError) {
        guard await self.board.device(device.id) == nil else { return }
        let now = self.wallClock.now
        let stored = try await self.queue.deviceState(of: device.id)
        let sends = try await self.reader.sends(of: device.id, since: now.addingTimeInterval(-24 * 3600))
            .map { Send(at: $0.at, lane: $0.lane) }
        do throws(DeviceStateError) {
            try await self.board.add(device, stored: stored.map { Data($0) }, sends: sends, at: now)
        } catch {
            // It is as a new device then, which is held to the least.
            self.logger.error("\(error); it begins anew", metadata: ["device.id": "\(device.id)"])
            try? await self.board.add(device, sends: sends, at: now)
        }
        self.wakeUps.ringDevices()
    }

    /// Takes over what the transport says of a device now.
    /// - Returns: What it said before; `nil` when the device is new.
    @discardableResult
    func update(_ device: TransportDevice) async throws(QueueError) -> TransportDevice? {
        let before = await self.board.update(device, at: self.wallClock.now)
        if before == nil {
            try await self.add(device)
            // Somebody else may have put it there in between, with older news.
            _ = await self.board.update(device, at: self.wallClock.now)
        }
        self.wakeUps.ringDelivery()
        return before
    }

    func remove(_ device: DeviceID) async {
        await self.board.remove(device)
        self.wakeUps.ringDevices()
    }
}
