import Foundation
import Logging
import ServiceLifecycle
import SpoolCore
import SpoolQueue
import SpoolScheduler

/// Runs the transport and stores its news: receipts, devices that come, change and go, and what people write to us.
///
/// Ends after the deliveries, so that what is in flight is answered; the transport then has its time to say good-bye.
struct TransportService: Service {
    let transport: any MessageTransport
    let queue: MessageQueue
    let reader: QueueReader
    let roster: DeviceRoster
    let desk: SignalDesk
    /// Whether a stop word is answered.
    let confirmsOptOut: Bool
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
        case .text(let text): try await self.hear(text)
        case .changed(let device): try await self.update(device)
        case .removed(let device):
            await self.roster.remove(device)
            self.logger.notice("removed", metadata: ["device.id": "\(device)"])
        case .signal(let device, let signal): try await self.desk.react(to: .signal(signal), of: device)
        }
    }

    // MARK: What people write

    private func hear(_ text: IncomingText) async throws {
        self.logger.info("somebody wrote to this device", metadata: ["device.id": "\(text.device)"])
        guard let number = text.number else { return }
        let now = self.roster.wallClock.now
        try await self.queue.recordInbound(from: number, to: text.device, at: text.at, now: now)
        let words: String? = text.text
        if let wish = words.flatMap(StopWords.wish(in:)) { try await self.obey(wish, number, text.device, now) }
        self.wakeUps.ringDelivery()
    }

    /// Puts the number onto the lists or takes it off them, and answers once if that is wanted.
    private func obey(_ wish: StopWords.Wish, _ number: String, _ device: DeviceID, _ now: Date) async throws {
        let isNews: Bool
        switch wish.kind {
        case .stop:
            let optOut = try await self.queue.optOut(number, from: device, now: now)
            isNews = try await self.reader.wasSuppressed(number, of: optOut.users, at: now)
            self.logger.notice(
                "somebody wants no more messages: \(optOut.cancelled) cancelled", metadata: ["device.id": "\(device)"])
            self.wakeUps.results.ring()
        case .start: isNews = try await self.queue.optIn(number, to: device)
        }
        guard let text = StopWords.confirmation(of: wish, isOn: self.confirmsOptOut, isNews: isNews) else { return }
        await self.roster.board.confirm(OptOutConfirmation(number: number, text: text), by: device)
    }

    // MARK: Devices

    /// Keeps trying: no network tells again how a device is, and one that sends must be paced by what it sent before.
    private func update(_ device: TransportDevice) async throws {
        while true {
            do throws(QueueError) {
                let before = try await self.roster.update(device)
                self.log(device, before)
                guard device.status != before?.status else { return }
                return try await self.desk.react(to: .status(device.status, detail: device.detail), of: device.id)
            } catch {
                self.logger.error(
                    "a device has to wait, what it sent and how it stands cannot be read or stored: \(error)",
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
        case .text, .changed, .removed, .signal: nil
        }
    }
}
