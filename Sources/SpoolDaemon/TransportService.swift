import Foundation
import Logging
import ServiceLifecycle
import SpoolCore
import SpoolQueue

/// Runs the transport and stores its news: receipts, devices that come, change and go, and what people write to us.
///
/// Ends after the deliveries, so that what is in flight is answered; the transport then has its time to say good-bye.
struct TransportService: Service {
    let transport: any MessageTransport
    let queue: MessageQueue
    let roster: DeviceRoster
    let wakeUps: WakeUps
    let clock: any Clock<Duration>
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await self.transport.run { events in try await self.store(events) }
        }
    }

    /// What a connected device may send rests on the receipts before it, so they are stored first; when they cannot be,
    /// the rest is taken over all the same and the network is left to bring them again.
    private func store(_ events: [TransportEvent]) async throws {
        let stored: Result<Void, QueueError>
        do throws(QueueError) {
            stored = .success(try await self.record(events.compactMap(\.receipt)))
        } catch {
            self.logger.error("receipts cannot be stored: \(error)")
            stored = .failure(error)
        }
        for event in events { try await self.handle(event) }
        try stored.get()
    }

    private func record(_ receipts: [Receipt]) async throws(QueueError) {
        guard !receipts.isEmpty else { return }
        try await self.queue.recordReceipts(receipts, now: self.roster.wallClock.now)
        self.wakeUps.results.ring()
    }

    private func handle(_ event: TransportEvent) async throws {
        switch event {
        case .delivered, .read: return
        case .text(let text):
            self.logger.info("somebody wrote to this device", metadata: ["device.id": "\(text.device)"])
        case .changed(let device): try await self.update(device)
        case .removed(let device):
            await self.roster.remove(device)
            self.logger.notice("removed", metadata: ["device.id": "\(device)"])
        }
    }

    /// Keeps trying: no network tells again how a device is, and one that sends must be paced by what it sent before.
    private func update(_ device: TransportDevice) async throws {
        while true {
            do throws(QueueError) {
                let before = try await self.roster.update(device)
                return self.log(device, before)
            } catch {
                self.logger.error(
                    "a device has to wait, its sends of the last day cannot be read: \(error)",
                    metadata: ["device.id": "\(device.id)"])
            }
            try await self.clock.sleep(for: .seconds(1))
        }
    }

    private func log(_ device: TransportDevice, _ before: TransportDevice?) {
        guard device.status != before?.status else { return }
        let level: Logger.Level = device.status.needsPerson || device.status == .banned ? .warning : .info
        self.logger.log(level: level, "\(device.words)", metadata: ["device.id": "\(device.id)"])
    }
}

extension TransportEvent {
    fileprivate var receipt: Receipt? {
        switch self {
        case .delivered(let id, let number, let at): Receipt(wireID: id, number: number, deliveredAt: at)
        case .read(let id, let number, let at): Receipt(wireID: id, number: number, deliveredAt: at, readAt: at)
        case .text, .changed, .removed: nil
        }
    }
}
