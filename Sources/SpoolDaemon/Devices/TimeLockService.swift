import Foundation
import Logging
import ServiceLifecycle
import SpoolCore
import SpoolQueue
import SpoolScheduler

/// Asks the service whether accounts may write to new people, when the rules want to know. Of its own, because an answer
/// may take its time.
struct TimeLockService: Service {
    let transport: any MessageTransport
    let board: DeviceBoard
    let desk: SignalDesk
    let wakeUps: WakeUps
    let clock: any Clock<Duration>
    let wallClock: any WallClock
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let next = await self.turn()
                await self.wakeUps.questions.wait(until: next, now: self.wallClock.now, clock: self.clock)
            }
        }
    }

    /// - Returns: When the next question is due.
    private func turn() async -> Date? {
        var next: Date?
        for device in await self.board.ids.sorted() where await self.board.isConnected(device) {
            let now = self.wallClock.now
            guard let due = await self.board.state(of: device)?.nextTimeLockQuery(at: now) else { continue }
            if due <= now {
                guard await self.ask(device) else { return self.wallClock.now.addingTimeInterval(5) }
            }
            if let due = await self.board.state(of: device)?.nextTimeLockQuery(at: self.wallClock.now) {
                next = min(next ?? due, due)
            }
        }
        return next
    }

    /// - Returns: Whether the answer could be stored.
    private func ask(_ device: DeviceID) async -> Bool {
        let event: SignalEvent =
            switch await self.transport.askTimeLock(of: device) {
            case .active(let until): .signal(.reachOutTimeLock(until: until))
            case .inactive: .signal(.reachOutTimeLockLifted)
            case .unknown: .timeLockUnknown
            }
        do throws(QueueError) {
            try await self.desk.react(to: event, of: device)
            return true
        } catch {
            guard !Task.isCancelled else { return false }
            self.logger.error(
                "what the service said cannot be stored: \(error)", metadata: ["device.id": "\(device)"])
            return false
        }
    }
}
