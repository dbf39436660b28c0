import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

@Suite struct OtherSignalTests {
    private var device = state(.free())
    private let message = RefusedMessage(recipient: .phone("923001234567"), lane: .known)

    // MARK: Messages

    @Test mutating func `479 refreshes the devices and sends once more, then fails`() {
        let once = self.device.react(to: .refused(self.message, .staleDevices(isSecondTime: false)), at: start)
        #expect(once == [.refreshDevicesAndRetry])
        let twice = self.device.react(to: .refused(self.message, .staleDevices(isSecondTime: true)), at: start)
        #expect(
            twice == [.failMessage(.rejected, error: "The server refused it twice, with new device lists too (479)")])
    }

    @Test mutating func `other refusals fail or back off, with their code`() {
        #expect(
            self.device.react(to: .refused(self.message, .permanent(code: 400)), at: start) == [
                .failMessage(.rejected, error: "The server refused it for good (400)")
            ])
        #expect(
            self.device.react(to: .refused(self.message, .temporary(code: nil)), at: start) == [
                .backOffMessage(reason: "the server refused it this time (no code)")
            ])
    }

    @Test mutating func `no answer leaves the message uncertain`() {
        #expect(self.device.react(to: .noAnswer, at: start) == [.leaveUncertain])
    }

    // MARK: Connections

    @Test(arguments: [500, 503, nil])
    func `lost connections come back, and the sixth within an hour is said once`(code: Int?) throws {
        var device = self.device
        for count in 1...5 {
            let now = start + Double(count)
            #expect(device.react(to: .signal(.transportFailure(code: code)), at: now) == [.reconnect])
            #expect(device.healthWarning(at: now) == nil)
        }
        device = try device.restarted()
        let words = "the connection was lost 6 times within an hour"
        #expect(device.react(to: .signal(.transportFailure(code: code)), at: start + 6) == [.reconnect, .warn(words)])
        #expect(device.healthWarning(at: start + 6) == words)
        #expect(device.react(to: .signal(.transportFailure(code: code)), at: start + 7) == [.reconnect])
        #expect(device.healthWarning(at: start + 3606) == nil)
    }

    @Test mutating func `a restart that the server asks for is no failure`() {
        for _ in 0..<20 {
            #expect(self.device.react(to: .signal(.transportFailure(code: 515)), at: start) == [.reconnect])
        }
        #expect(self.device.healthWarning(at: start) == nil)
    }

    // MARK: Questions

    @Test mutating func `a flood of questions backs off that kind only, five minutes doubling to an hour`() throws {
        var pauses: [TimeInterval] = []
        for _ in 0..<6 {
            guard
                case .backOffQuery(.existence, let until)? =
                    self.device.react(to: .queryRefused(.existence), at: start).first
            else { break }
            pauses.append(until.timeIntervalSince(start))
            self.device = try self.device.restarted()
            #expect(self.device.queryPause(.existence, at: start) == until)
            #expect(self.device.queryPause(.existence, at: until) == nil)
        }
        #expect(pauses == [300, 600, 1200, 2400, 3600, 3600])
        #expect(self.device.queryPause(.devices, at: start) == nil)
        #expect(self.device.admission(at: start).isNow)
    }

    @Test mutating func `an answer ends the back-off`() {
        _ = self.device.react(to: .queryRefused(.keys), at: start)
        _ = self.device.react(to: .queryRefused(.keys), at: start)
        #expect(self.device.react(to: .queryAnswered(.keys), at: start) == [])
        #expect(self.device.queryPause(.keys, at: start) == nil)
        #expect(self.device.react(to: .queryRefused(.keys), at: start) == [.backOffQuery(.keys, until: start + 300)])
    }

    @Test mutating func `what signals leave behind stays small`() {
        for index in 0..<1000 {
            let message = RefusedMessage(recipient: .phone("9230012\(10000 + index)"), lane: .known)
            _ = self.device.react(to: .refused(message, .reachOut(.inactive)), at: start)
            _ = self.device.react(to: .signal(.transportFailure(code: 500)), at: start)
        }
        #expect(self.device.stored.count < 8000)
    }
}
