import Foundation
import Logging
import ServiceLifecycle
import SpoolCore

/// Tells a person, one alarm after the other. Whoever raises one goes on at once; of one kind there is one in a while.
struct AlarmService: Service {
    /// `nil`: alarms are in the log only.
    let command: AlarmCommand?
    /// The least time between two alarms of one kind.
    let atMostEvery: Duration
    let clock: any Clock<Duration>
    let wallClock: any WallClock
    let logger: Logger
    private let alarms: AsyncStream<Alarm>
    private let entry: AsyncStream<Alarm>.Continuation

    /// More than these are not kept: so many say no more than the first.
    private static let mostWaiting = 64

    init(
        command: AlarmCommand?, atMostEvery: Duration, clock: any Clock<Duration>, wallClock: any WallClock,
        logger: Logger
    ) {
        self.command = command
        self.atMostEvery = atMostEvery
        self.clock = clock
        self.wallClock = wallClock
        self.logger = logger
        (self.alarms, self.entry) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.mostWaiting))
    }

    /// Never waits.
    func raise(_ alarm: Alarm) {
        self.logger.critical("alarm: \(alarm.words)", metadata: ["alarm": "\(alarm.kind)"])
        self.entry.yield(alarm)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var told: [String: Date] = [:]
            for await alarm in self.alarms {
                let now = self.wallClock.now
                told = told.filter { abs(now.timeIntervalSince($0.value)) < self.atMostEvery.seconds }
                guard told[alarm.kind] == nil else { continue }
                told[alarm.kind] = now
                await self.tell(alarm)
            }
        }
    }

    private func tell(_ alarm: Alarm) async {
        guard let command = self.command else { return }
        do throws(AlarmCommandError) {
            try await command.run(alarm, clock: self.clock)
        } catch {
            guard !Task.isCancelled else { return }
            self.logger.error("nobody was told of an alarm: \(error)", metadata: ["alarm": "\(alarm.kind)"])
        }
    }
}
