import Foundation
import Logging
import ServiceLifecycle
import SpoolCore
import SpoolQueue

/// Stores what the transport hears outside of sends: receipts, and devices that come and go.
struct ReceiptService: Service {
    let queue: MessageQueue
    let events: AsyncStream<TransportEvent>
    let board: DeviceBoard
    let wakeUps: WakeUps
    let wallClock: any WallClock
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await event in self.events { await self.handle(event) }
        }
    }

    private func handle(_ event: TransportEvent) async {
        switch event {
        case .delivered(let id, let at): await self.store(id, deliveredAt: at, readAt: nil)
        case .read(let id, let at): await self.store(id, deliveredAt: at, readAt: at)
        case .drained(let device):
            await self.board.connected(device, at: self.wallClock.now)
            self.logger.info("connected", metadata: ["device.id": "\(device)"])
            self.wakeUps.ringDelivery()
        case .lost(let device, let detail):
            await self.board.lost(device, detail)
            self.logger.warning("disconnected: \(detail)", metadata: ["device.id": "\(device)"])
        }
    }

    private func store(_ id: WireMessageID, deliveredAt: Date, readAt: Date?) async {
        do {
            try await self.queue.recordReceipt(for: id, deliveredAt: deliveredAt, readAt: readAt)
            self.wakeUps.results.ring()
        } catch {
            self.logger.error("a receipt cannot be stored: \(error)")
        }
    }
}
