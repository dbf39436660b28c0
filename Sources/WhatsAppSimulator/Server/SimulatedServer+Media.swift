import NIOCore
import NIOPosix
import WhatsAppCrypto

// The media servers of a run: their listeners ask here what to do, and phones fetch through here.
extension SimulatedServer {
    /// Clients are told of so many.
    private static let mediaHostCount = 2
    /// So many results of decrypting are kept.
    private static let rememberedOpenings = 4096

    /// The media servers while they run.
    struct RunningMedia: Sendable {
        let ports: [Int]
        let stop: @Sendable () -> Void
    }

    /// Starts the media servers as children of the group.
    func startMedia(
        in group: inout ThrowingDiscardingTaskGroup<any Error>, _ files: MediaFiles
    ) async throws -> RunningMedia {
        var listeners: [MediaListener] = []
        for host in 1...Self.mediaHostCount {
            let listener = try await MediaListener()
            group.addTask { try await listener.run(self, host: host, files: files) }
            listeners.append(listener)
        }
        self.mediaFiles = files
        self.service.media.hosts = listeners.map { "127.0.0.1:\($0.port)" }
        return RunningMedia(ports: listeners.map(\.port)) { [listeners] in
            for listener in listeners { listener.channel.channel.close(promise: nil) }
        }
    }

    func decide(_ request: MediaRequest) -> MediaDecision { self.change { $0.decide(request) } }

    func complete(_ reception: MediaReception, hash: [UInt8]) -> MediaAnswer {
        self.change { $0.complete(reception, hash: hash) }
    }

    func interrupt(_ reception: MediaReception, kept: UInt64) {
        self.change { $0.interrupt(reception, kept: kept) }
    }

    func isMediaHostDown(_ host: Int) -> Bool {
        self.handleArrivals()
        return self.service.media.hostsDown.contains(host)
    }

    /// Decrypts a file for a phone beside everything else. The same order has the same result, so that a file sent to a
    /// thousand phones need not be decrypted a thousand times.
    func fetch(_ number: Int, _ order: MediaOrder) {
        guard let files = self.mediaFiles else { return self.handle(.fetched(number, .broken)) }
        let same = order.withoutMessage
        let opening =
            self.openings[same]
            ?? Task.detached {
                do {
                    return try await NIOThreadPool.singleton.runIfActive { files.open(same) }
                } catch {
                    return .broken
                }
            }
        if self.openings.count >= Self.rememberedOpenings { self.openings = [:] }
        self.openings[same] = opening
        Task {
            let result = await opening.value
            // What went wrong may go right the next time.
            if case .verified = result {} else { self.openings[same] = nil }
            self.handle(.fetched(number, result))
        }
    }

    func discard(_ token: UploadToken) {
        self.mediaFiles?.discard(token)
        self.openings = self.openings.filter { $0.key.fileEncSHA256 != token.fileEncSHA256 }
    }
}
