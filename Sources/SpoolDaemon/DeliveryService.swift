import Foundation
import Logging
import ServiceLifecycle
import SpoolCore
import SpoolMedia
import SpoolQueue
import SpoolScheduler

/// Claims due messages, sends them and stores what became of each. One loop a device, one call of `send` at a time.
///
/// The board decides whether messages may leave, to whom, and how many; this service obeys. What is claimed together is
/// sent together, and shares its commits. On shutdown it stops claiming, lets the call in flight end, gives back what it
/// claimed and did not begin, and stores it all. Topics: `+Sending`, `+Settling`.
struct DeliveryService: Service {
    let queue: MessageQueue
    let reader: QueueReader
    let transport: any MessageTransport
    let board: DeviceBoard
    let desk: SignalDesk
    let backlog: BacklogWatch
    let wakeUps: WakeUps
    let backOff: BackOff
    let media: MediaStore
    let clock: any Clock<Duration>
    let wallClock: any WallClock
    let logger: Logger

    /// Longer than the slowest send: 75 s for looking numbers up, 120 s for the upload, and 75 s each for the answer to
    /// the message and to its repetition for other devices.
    static let lease = Duration.seconds(600)
    /// The most messages of one call: what a shutdown waits for, and what a crash leaves uncertain.
    static let mostAtOnce = 128

    /// The delivery loop of a device: how it is woken, and what others see of it.
    struct Loop: Sendable {
        let device: DeviceID
        let bell: WakeUp
        let show: ActivityShow
    }

    func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                while !self.isStopping {
                    for device in await self.board.ids {
                        guard let bell = self.wakeUps.enter(device) else { continue }
                        group.addTask {
                            await self.deliver(
                                Loop(device: device, bell: bell, show: ActivityShow(self.transport, device)))
                            self.wakeUps.leave(device)
                        }
                    }
                    await self.wakeUps.devices.wait()
                }
            }
        } onGracefulShutdown: {
            self.wakeUps.ringAll()
        }
    }

    var isStopping: Bool { Task.isShuttingDownGracefully || Task.isCancelled }

    private func deliver(_ loop: Loop) async {
        while !self.isStopping {
            do {
                guard try await self.turn(loop) else { return }
            } catch {
                guard !self.isStopping else { return }
                self.logger.error(
                    "cannot claim messages, trying again: \(error)", metadata: ["device.id": "\(loop.device)"])
                await loop.bell.wait(
                    until: self.wallClock.now.addingTimeInterval(5), now: self.wallClock.now, clock: self.clock)
            }
        }
    }

    /// - Returns: `false` when the device is gone.
    private func turn(_ loop: Loop) async throws(QueueError) -> Bool {
        let ring = self.wakeUps.rings
        let now = self.wallClock.now
        try await self.backlog.refresh(self.board, at: now)
        let until: Date?
        switch await self.board.beginTurn(of: loop.device, at: now, ring: ring) {
        case .gone: return false
        case .pause: until = nil
        case .wait(let moment): until = moment
        case .now(let terms):
            let result: Result<Search, QueueError>
            do throws(QueueError) {
                result = .success(try await self.claimAndSend(terms, loop, now))
            } catch {
                result = .failure(error)
            }
            var idle: DeviceBoard.Idle?
            if case .success(.nothing(let next)) = result { idle = DeviceBoard.Idle(ring: ring, until: next) }
            self.wakeUps.ringDelivery(of: await self.board.endTurn(of: loop.device, terms, idle: idle))
            guard case .nothing(let next) = try result.get() else { return true }
            until = next
        }
        await loop.bell.wait(until: until, now: now, clock: self.clock)
        return true
    }

    private enum Search {
        case something
        /// Something may be there from then on.
        case nothing(until: Date?)
    }

    private func claimAndSend(_ terms: SendingTerms, _ loop: Loop, _ now: Date) async throws(QueueError) -> Search {
        if let confirmation = await self.board.takeConfirmation(of: loop.device) {
            await self.send(confirmation, loop)
            return .something
        }
        let rules = await self.board.rules
        let claim = try await self.queue.claim(
            upTo: min(terms.most, Self.mostAtOnce), for: loop.device, order: terms.order, lanes: terms.lanes,
            takesUnowned: terms.takesUnowned, lease: Self.lease, now: now,
            makeWireID: { self.transport.makeMessageID(for: loop.device) },
            decide: { rules.verdict(for: $0, at: now) })
        self.note(claim.others)
        if !claim.messages.isEmpty { await self.deliver(claim.messages, loop) }
        guard claim.messages.isEmpty, !claim.hasMore else { return .something }
        let next = try await self.queue.nextDue(for: loop.device, takesUnowned: terms.takesUnowned)
        // What is due already and was not found is held, with all that the device has.
        let due = next.flatMap { $0 > now ? $0 : nil }
        return .nothing(until: [due, terms.coldOpens].compactMap(\.self).min())
    }

    /// Messages that were not claimed may have become final.
    private func note(_ others: [Claim.Judgement]) {
        guard !others.isEmpty else { return }
        for other in others {
            let metadata: Logger.Metadata = ["queue.id": "\(other.message)"]
            switch other.verdict {
            case .send, .change: continue
            case .wait(let until, let reason):
                self.logger.debug("waits until \(RFC3339.text(until)): \(reason)", metadata: metadata)
            case .hold(let code, let reason, _):
                self.logger.info("held: \(code.rawValue): \(reason)", metadata: metadata)
            case .fail(let code, let error): self.logger.info("failed: \(code.rawValue): \(error)", metadata: metadata)
            case .cancel(let code, let error):
                self.logger.info("cancelled: \(code.rawValue): \(error)", metadata: metadata)
            }
        }
        self.wakeUps.results.ring()
        self.wakeUps.housekeeping.ring()
    }
}
