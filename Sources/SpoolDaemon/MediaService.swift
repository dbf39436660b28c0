import Foundation
import Logging
import ServiceLifecycle
import SpoolCore
import SpoolFiles
import SpoolMedia
import SpoolQueue
import SpoolScheduler
import Synchronization

/// Fetches remote attachments before their messages are due, so that no device's turn ever waits for a download.
///
/// A message whose attachment is not there is not due (`MessageQueue+Media`); this service brings the file, tells the
/// messages, and fails them when it cannot be had. What was fetched and is not sent yet has a budget: beyond it fetching
/// waits for sending.
struct MediaService: Service {
    let queue: MessageQueue
    let reader: QueueReader
    let store: MediaStore
    let backOff: BackOff
    let chance: Chance
    let wakeUps: WakeUps
    /// Bytes that have to stay free in the state directory.
    let minimumFree: Int64?
    let stateDirectory: String
    let clock: any Clock<Duration>
    let wallClock: any WallClock
    let logger: Logger
    var freeSpace: @Sendable (_ directory: String) throws -> UInt64 = FreeSpace.available
    /// The most bytes of attachments that are fetched ahead of sending.
    var budget: Int64 = 4_000_000_000

    private final class State: Sendable {
        let turns = Mutex(FetchTurns())
        /// Whether it was said that there is no room.
        let isShortOfRoom = Mutex(false)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            let state = State()
            await self.tellAll()
            await withDiscardingTaskGroup { group in
                while !Task.isCancelled {
                    await self.dropFinished()
                    let (begun, next) = await self.turn(state)
                    for media in begun {
                        group.addTask {
                            await self.fetch(media)
                            state.turns.withLock { $0.end(media.id) }
                            self.wakeUps.media.ring()
                        }
                    }
                    await self.wakeUps.media.wait(until: next, now: self.wallClock.now, clock: self.clock)
                }
                group.cancelAll()
                await self.store.close()
            }
        }
    }

    // MARK: Whose turn it is

    /// Chooses as many attachments as there is room for, and notes that they are being fetched.
    /// - Returns: These, and when to look again without being asked.
    private func turn(_ state: State) async -> (begun: [WantedMedia], next: Date?) {
        let now = self.wallClock.now
        var begun: [WantedMedia] = []
        do throws(QueueError) {
            while !Task.isCancelled, !state.turns.withLock({ $0.isFull }), let media = try await self.next(state, now) {
                guard try await self.hasRoom(state) else { return (begun, now.addingTimeInterval(Self.pause.seconds)) }
                state.turns.withLock { $0.begin(media.id, of: media.batch) }
                begun.append(media)
            }
            return (begun, try await self.reader.nextMediaFetch(after: now))
        } catch {
            if !Task.isCancelled { self.logger.error("attachments have to wait: \(error)") }
            return (begun, now.addingTimeInterval(Self.pause.seconds))
        }
    }

    /// How long fetching waits for room, or for the queue.
    private static let pause = Duration.seconds(5)

    private func next(_ state: State, _ now: Date) async throws(QueueError) -> WantedMedia? {
        let batches = try await self.reader.batchesWantingMedia(now: now)
        for batch in state.turns.withLock({ $0.order(batches) }) {
            let wanted = try await self.reader.wantedMedia(of: batch, now: now, limit: FetchTurns.mostOfBatch)
            if let media = wanted.first(where: { media in !state.turns.withLock { $0.isUnderWay(media.id) } }) {
                return media
            }
        }
        return nil
    }

    // MARK: Room

    private func hasRoom(_ state: State) async throws(QueueError) -> Bool {
        let shortage = try await self.shortage()
        let isNew = state.isShortOfRoom.withLock { isShort in
            defer { isShort = shortage != nil }
            return !isShort
        }
        if let shortage, isNew { self.logger.warning("attachments wait for room: \(shortage)") }
        return shortage == nil
    }

    private func shortage() async throws(QueueError) -> String? {
        let fetched = try await self.reader.fetchedMediaSize()
        if fetched >= self.budget { return "\(fetched) bytes are fetched and not sent yet" }
        guard let minimumFree = self.minimumFree else { return nil }
        // More than the floor below which no drop file is taken: attachments must not keep those out.
        let floor = UInt64(max(0, minimumFree)) + UInt64(FetchTurns.most) * UInt64(MediaKind.maximumSize)
        guard let available = try? self.freeSpace(self.stateDirectory), available < floor else { return nil }
        return "\(self.stateDirectory) has \(available) bytes free, fetching needs \(floor)"
    }

    /// Removes the files whose last message is final, so that a long batch needs no more room than what is left of it.
    private func dropFinished() async {
        do {
            while case let dropped = try await self.queue.dropFinishedMedia(), !dropped.isEmpty, !Task.isCancelled {
                for media in dropped {
                    // Where local files lay says nothing any more.
                    let source = try MediaSource(media.source, local: LocalMedia(root: ""))
                    try await self.store.remove(source, of: media.batch)
                }
            }
        } catch {
            guard !Task.isCancelled else { return }
            self.logger.error("attachments that were sent cannot be removed now: \(error)")
        }
    }

    // MARK: One attachment

    private func fetch(_ media: WantedMedia) async {
        do throws(MediaError) {
            // Only URLs are wanted: local files were copied when their rows were imported.
            let request = MediaRequest(
                source: .url(try MediaURL(media.reference.source)), kind: media.reference.kind,
                fileName: media.reference.fileName)
            let content = try await self.store.media(request, for: media.batch)
            try await self.store.synchronize()
            self.logger.info("fetched an attachment", metadata: media.metadata)
            await self.settle { () async throws(QueueError) in
                guard try await self.queue.storeMedia(content, for: media.id, now: self.wallClock.now) else { return }
                try await self.tell(of: media.id)
            }
        } catch {
            await self.fail(media, error)
        }
    }

    private func fail(_ media: WantedMedia, _ error: MediaError) async {
        guard error != .cancelled, !Task.isCancelled else { return }
        let refusal = error.refusal
        if error.isTemporary, let next = self.nextAttempt(media) {
            self.logger.info("an attachment has to wait: \(error)", metadata: media.metadata)
            await self.settle { () async throws(QueueError) in
                try await self.queue.deferMedia(
                    media.id, until: next, reason: "fetching media: \(error)", now: self.wallClock.now)
            }
        } else {
            self.logger.notice("an attachment cannot be had: \(error)", metadata: media.metadata)
            await self.settle { () async throws(QueueError) in
                while try await self.queue.failMedia(media.id, refusal, now: self.wallClock.now) {}
            }
        }
    }

    private func nextAttempt(_ media: WantedMedia) -> Date? {
        let now = self.wallClock.now
        return self.chance.draw { generator in
            self.backOff.nextAttempt(
                after: media.attempts + 1, firstAttemptAt: media.firstAttemptAt ?? now, now: now, using: &generator)
        }
    }

    /// Messages that the last run could not tell any more.
    private func tellAll() async {
        do {
            for media in try await self.reader.untoldMedia() {
                await self.settle { () async throws(QueueError) in try await self.tell(of: media) }
            }
        } catch {
            if !Task.isCancelled { self.logger.error("messages with attachments have to wait: \(error)") }
        }
    }

    private func tell(of media: MediaID) async throws(QueueError) {
        // What is not told when the daemon stops is told at its next start.
        while try await self.queue.tell(of: media, now: self.wallClock.now), !Task.isCancelled {
            self.wakeUps.ringDelivery()
        }
    }

    /// Stores what became of an attachment. When that is not possible now, it is found out again after a pause.
    private func settle(_ store: () async throws(QueueError) -> Void) async {
        do throws(QueueError) {
            try await store()
            self.wakeUps.ringDelivery()
            self.wakeUps.results.ring()
        } catch {
            guard !Task.isCancelled else { return }
            self.logger.error("what became of an attachment cannot be stored: \(error)")
            // Ends early only by cancellation, which the loop looks at.
            try? await self.clock.sleep(for: Self.pause)
        }
    }
}

extension WantedMedia {
    fileprivate var metadata: Logger.Metadata { ["batch.id": "\(self.batch)", "media.id": "\(self.id)"] }
}
