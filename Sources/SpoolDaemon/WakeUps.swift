import Foundation
import SpoolCore

/// The bells between the services. They carry no data: everybody who is woken looks into the queue, and looks at start
/// too, so a lost ring costs time, never a message.
final class WakeUps: Sendable {
    let devices: [DeviceID: WakeUp]
    let results = WakeUp()
    let housekeeping = WakeUp()

    init(devices: [DeviceID]) {
        self.devices = Dictionary(devices.map { ($0, WakeUp()) }, uniquingKeysWith: { first, _ in first })
    }

    /// Messages have become pending.
    func ringDelivery() {
        for bell in self.devices.values { bell.ring() }
        self.housekeeping.ring()
    }

    func ringAll() {
        self.ringDelivery()
        self.results.ring()
    }
}

extension WakeUp {
    /// Waits for the bell, at most until `moment`, and never longer than a minute: the wall clock may be set.
    func wait(until moment: Date?, now: Date, clock: any Clock<Duration>) async {
        let seconds = min(max(0, moment.map { $0.timeIntervalSince(now) } ?? 60), 60)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            // Ends early only by cancellation, which the caller's loop looks at.
            group.addTask { try? await clock.sleep(for: .seconds(seconds)) }
            await group.next()
            group.cancelAll()
        }
    }
}
