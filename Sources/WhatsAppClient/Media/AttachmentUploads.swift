import CryptoPrimitives
import Foundation
import Logging
import WhatsAppBinary
import WhatsAppCrypto

/// The uploads of one device: one for each file and kind, whoever asks for it, and however often.
///
/// An upload belongs to nobody who waits for it: who waits no longer leaves it running, and finds it done later.
actor AttachmentUploads {
    typealias Outcome = Result<MediaUpload, AttachmentFailure>

    private struct Running {
        let task: Task<Void, Never>
        var waiters: [Int: CheckedContinuation<Outcome, Never>] = [:]
    }

    /// Uploads at the same time; each keeps an encrypted file.
    private static let limit = 2

    private let store: any DeviceStore
    private let uploader: any MediaUploader
    private let patience: Duration
    private let time: SessionTime
    private let generator: SharedGenerator
    private let logger: Logger

    private var channel: (any StanzaChannel)?
    private var running: [MediaUploadKey: Running] = [:]
    private var lastWaiter = 0
    private var busy = 0
    private var slotWaiters = FIFO<CheckedContinuation<Void, Never>>()
    private var connection: MediaConnection?
    private var connecting: Task<Result<MediaConnection, ClientError>, Never>?
    private var rest = QueryRest()

    /// - Parameter patience: how long a caller waits for an upload.
    init(
        store: any DeviceStore, uploader: any MediaUploader, patience: Duration, time: SessionTime,
        generator: SharedGenerator, logger: Logger
    ) {
        self.store = store
        self.uploader = uploader
        self.patience = patience
        self.time = time
        self.generator = generator
        self.logger = logger
    }

    /// The connection to ask through; `nil` ends all uploads.
    func attach(_ channel: (any StanzaChannel)?) {
        self.channel = channel
        guard channel == nil else { return }
        for upload in self.running.values { upload.task.cancel() }
    }

    /// The upload of a file, from before if there is a fresh one.
    func upload(_ attachment: MediaAttachment) async -> Outcome {
        let key = attachment.uploadKey
        if self.running[key] == nil {
            self.running[key] = Running(
                task: Task {
                    let outcome = await self.obtain(attachment)
                    self.finish(key, outcome)
                })
        }
        return await self.wait(for: key)
    }
}

// Waiting
extension AttachmentUploads {
    private func wait(for key: MediaUploadKey) async -> Outcome {
        self.lastWaiter += 1
        let (waiter, time, end) = (self.lastWaiter, self.time, self.time.uptime() + self.patience)
        let alarm = Task {
            // Throws only when it is cancelled, because the wait is over.
            guard (try? await time.sleep(until: end)) != nil else { return }
            self.giveUp(waiter, key, .underWay)
        }
        defer { alarm.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { self.running[key]?.waiters[waiter] = $0 }
        } onCancel: {
            Task { await self.giveUp(waiter, key, .cancelled) }
        }
    }

    private func giveUp(_ waiter: Int, _ key: MediaUploadKey, _ failure: AttachmentFailure) {
        self.running[key]?.waiters.removeValue(forKey: waiter)?.resume(returning: .failure(failure))
    }

    private func finish(_ key: MediaUploadKey, _ outcome: Outcome) {
        for waiter in self.running.removeValue(forKey: key)?.waiters.values ?? [:].values {
            waiter.resume(returning: outcome)
        }
    }

    private func takeSlot() async {
        guard self.busy == Self.limit else {
            self.busy += 1
            return
        }
        await withCheckedContinuation { self.slotWaiters.append($0) }
    }

    private func freeSlot() {
        if let next = self.slotWaiters.removeFirst() { next.resume() } else { self.busy -= 1 }
    }
}

// Uploading
extension AttachmentUploads {
    private func obtain(_ attachment: MediaAttachment) async -> Outcome {
        do throws(AttachmentFailure) {
            if let known = try await self.known(attachment.uploadKey) { return .success(known) }
            await self.takeSlot()
            defer { self.freeSlot() }
            guard !Task.isCancelled else { throw .cancelled }
            return .success(try await self.uploadAnew(attachment))
        } catch {
            self.logger.info("an attachment was not uploaded", metadata: ["error": "\(error)"])
            return .failure(error)
        }
    }

    private func known(_ key: MediaUploadKey) async throws(AttachmentFailure) -> MediaUpload? {
        let now = self.time.date()
        do {
            return try await self.store.read { try $0.loadMediaUpload(key) }.flatMap { $0.isFresh(now) ? $0 : nil }
        } catch {
            throw .notBegun(.storeFailed("\(error)"))
        }
    }

    /// With a new key: what is encrypted with one goes to all servers and stays there for others to see.
    private func uploadAnew(_ attachment: MediaAttachment) async throws(AttachmentFailure) -> MediaUpload {
        var generator = self.generator
        let mediaKey = SecretBytes.random(count: MediaKeys.mediaKeySize, using: &generator)
        let (kind, keyMadeAt) = (attachment.kind.mediaKind, self.time.date())
        let outcome: Result<(url: String, directPath: String, digests: MediaDigests), AttachmentFailure>
        do throws(MediaFileError) {
            outcome = try await self.uploader.withEncryptedFile(attachment.path, mediaKey: mediaKey, kind: kind) {
                await self.bring($0, attachment)
            }
        } catch {
            throw AttachmentFailure(error)
        }
        let (url, directPath, digests) = try outcome.get()
        let upload = MediaUpload(
            mediaKey: mediaKey, fileEncSHA256: digests.fileEncSHA256, fileLength: digests.fileLength, url: url,
            directPath: directPath, keyMadeAt: keyMadeAt, uploadedAt: self.time.date())
        do {
            try await self.store.write { try $0.saveMediaUpload(upload, for: attachment.uploadKey) }
        } catch {
            throw .notBegun(.storeFailed("\(error)"))
        }
        return upload
    }

    private func bring(
        _ file: any EncryptedFile, _ attachment: MediaAttachment
    ) async -> Result<(url: String, directPath: String, digests: MediaDigests), AttachmentFailure> {
        let digests = file.digests
        guard digests.fileSHA256 == attachment.hash else { return .failure(.changed) }
        do throws(AttachmentFailure) {
            let location = try await self.bring(file, attachment.kind.mediaKind)
            return .success((location.url, location.directPath, digests))
        } catch {
            return .failure(error)
        }
    }

    /// Does what the course says.
    private func bring(
        _ file: any EncryptedFile, _ kind: MediaKind
    ) async throws(AttachmentFailure) -> (url: String, directPath: String) {
        let digests = file.digests
        var course = UploadCourse(digests.encryptedLength, try await self.mediaConnection(insteadOf: nil))
        var step = course.start()
        while true {
            guard !Task.isCancelled else { throw .cancelled }
            switch step {
            case .post(let host, let connection):
                let request = connection.request(to: host, digests.uploadToken, kind)
                step = course.heard(await Self.verdict(of: file, request))
            case .refresh(let old): step = course.refreshed(try await self.mediaConnection(insteadOf: old))
            case .wait(let duration):
                try await self.pause(duration)
                step = course.waited()
            case .done(let url, let directPath): return (url, directPath)
            case .fail(let failure): throw failure
            }
        }
    }

    private static func verdict(of file: any EncryptedFile, _ request: UploadRequest) async -> UploadVerdict {
        do throws(UploadError) {
            return UploadVerdict(try await file.post(request), host: request.host)
        } catch {
            return UploadVerdict(error, host: request.host)
        }
    }

    private func pause(_ duration: Duration) async throws(AttachmentFailure) {
        do {
            try await self.time.sleep(until: self.time.uptime() + duration)
        } catch {
            throw .cancelled
        }
    }
}

// The servers
extension AttachmentUploads {
    /// - Parameter old: one that is not accepted any more.
    private func mediaConnection(
        insteadOf old: MediaConnection?
    ) async throws(AttachmentFailure) -> MediaConnection {
        if let connection, connection != old, connection.isFresh(self.time.uptime()) { return connection }
        // One request for all who need it.
        let connecting = self.connecting ?? Task { await self.askForConnection() }
        self.connecting = connecting
        do throws(ClientError) {
            return try await connecting.value.get()
        } catch {
            throw .notBegun(error)
        }
    }

    private func askForConnection() async -> Result<MediaConnection, ClientError> {
        defer { self.connecting = nil }
        if let remaining = self.rest.remaining(self.time.uptime()) {
            return .failure(.refused(IQError(code: 429, backoff: remaining)))
        }
        do throws(ClientError) {
            guard let channel else { throw .notConnected }
            let answer = try await channel.query(MediaConnection.query)
            let connection = try MediaConnection(answer: answer, now: self.time.uptime())
            self.rest.succeeded()
            self.connection = connection
            return .success(connection)
        } catch {
            if case .refused(let refusal) = error, refusal.isRateLimit {
                self.rest.begin(self.time.uptime(), atLeast: refusal.backoff)
            }
            return .failure(error)
        }
    }
}

extension AttachmentFailure {
    fileprivate init(_ error: MediaFileError) {
        switch error {
        case .unavailable(let reason): self = .unavailable(reason)
        case .noRoom(let reason): self = .noRoom(reason)
        case .cryptoFailed(let error): self = .noRoom("\(error)")
        case .cancelled: self = .cancelled
        }
    }
}
