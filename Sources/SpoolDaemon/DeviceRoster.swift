import Foundation
import SpoolCore
import SpoolQueue
import SpoolScheduler

/// Puts devices on the board as the transport tells of them, each with what it has sent before, and takes them off it.
struct DeviceRoster: Sendable {
    let queue: MessageQueue
    let board: DeviceBoard
    let wakeUps: WakeUps
    let pacing: PacingPolicy
    let wallClock: any WallClock

    /// Puts a device on the board, unless it is there.
    func add(_ device: TransportDevice) async throws(QueueError) {
        guard await self.board.device(device.id) == nil else { return }
        let now = self.wallClock.now
        let sends = try await self.queue.sendTimes(of: device.id, since: now.addingTimeInterval(-24 * 3600))
        await self.board.add(device, policy: self.pacing, sends: sends, at: now)
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
