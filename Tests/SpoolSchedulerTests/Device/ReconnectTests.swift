import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

@Suite struct ReconnectTests {
    private func connected(ramp: Duration, gap: Duration, seed: UInt64 = 1) -> DeviceState {
        var device = state(
            .free {
                $0.pacing.minimumDelay = gap
                $0.pacing.maximumDelay = gap
                $0.reconnectRamp = ramp
            })
        var generator = SeededGenerator(seed: seed)
        device.reconnected(at: start, using: &generator)
        return device
    }

    @Test func `a device that came back waits one gap before it sends`() {
        let device = self.connected(ramp: .zero, gap: .seconds(10))
        #expect(device.admission(at: start) == .wait(until: start + 10, .delay))
        #expect(device.admission(at: start + 10).isNow)
    }

    /// A tenth of the rate for ten seconds, then 25, 40, 55, 70 and 85 %.
    @Test(arguments: [(1, 10.0), (3.5, 20), (7.5, 30), (13, 40), (20, 50), (28.5, 60), (38.5, 70)])
    func `its rate climbs from a tenth in six steps`(gap: TimeInterval, end: TimeInterval) {
        let ramp = ReconnectRamp(since: start, length: 60)
        #expect(abs(ramp.end(ofPause: gap, from: start).timeIntervalSince(start) - end) < 1e-6)
    }

    @Test func `while it climbs every gap is longer, and afterwards none`() {
        var device = self.connected(ramp: .seconds(60), gap: .seconds(10))
        var generator = SeededGenerator(seed: 1)
        #expect(device.admission(at: start) == .wait(until: start + 30 + 2.5 / 0.55, .reconnected))
        device.record(lane: .known, start: start + 50, end: start + 50, using: &generator)
        #expect(device.nextSend(at: start + 50) == start + 61.5)
        device.record(lane: .known, start: start + 70, end: start + 70, using: &generator)
        #expect(device.admission(at: start + 70) == .wait(until: start + 80, .delay))
    }

    @Test func `a gap that lasts longer stays`() {
        var device = state(
            .free {
                $0.pacing.minimumDelay = .seconds(100)
                $0.pacing.maximumDelay = .seconds(100)
            })
        device.send(at: start)
        device.policy.pacing.minimumDelay = .zero
        device.policy.pacing.maximumDelay = .zero
        var generator = SeededGenerator(seed: 1)
        device.reconnected(at: start + 1, using: &generator)
        #expect(device.nextSend(at: start + 1) == start + 100)
    }
}
