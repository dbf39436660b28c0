import Foundation
import SpoolCore
import Synchronization

/// The bells between the services. They carry no data: everybody who is woken looks into the queue, and looks at start
/// too, so a lost ring costs time, never a message.
final class WakeUps: Sendable {
    let results = WakeUp()
    let housekeeping = WakeUp()
    /// There may be attachments to fetch.
    let media = WakeUp()
    /// The service is to be asked something.
    let questions = WakeUp()
    /// Devices were put on the board or taken off it.
    let devices = WakeUp()
    private let delivery = Mutex<[DeviceID: WakeUp]>([:])
    private let rung = Atomic<Int>(0)

    /// How often the bells of all deliveries have been rung.
    var rings: Int { self.rung.load(ordering: .acquiring) }

    /// The bell of a new delivery loop; `nil` while the device has one.
    func enter(_ device: DeviceID) -> WakeUp? {
        self.delivery.withLock { bells in
            guard bells[device] == nil else { return nil }
            let bell = WakeUp()
            bells[device] = bell
            return bell
        }
    }

    /// The device's delivery loop has ended.
    func leave(_ device: DeviceID) {
        self.delivery.withLock { $0[device] = nil }
        self.devices.ring()
    }

    /// Messages have become pending, or a device can send again.
    func ringDelivery() {
        self.rung.add(1, ordering: .acquiringAndReleasing)
        for bell in self.delivery.withLock({ Array($0.values) }) { bell.ring() }
        self.housekeeping.ring()
        self.questions.ring()
    }

    /// These may send what another device has left to them.
    func ringDelivery(of devices: [DeviceID]) {
        let bells = self.delivery.withLock { bells in devices.compactMap { bells[$0] } }
        for bell in bells { bell.ring() }
    }

    /// The board holds other devices than before, or may be asked anew.
    func ringDevices() {
        self.devices.ring()
        self.ringDelivery()
    }

    func ringAll() {
        self.ringDevices()
        self.results.ring()
        self.media.ring()
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
