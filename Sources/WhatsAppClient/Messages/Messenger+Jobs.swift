import Foundation
import Logging
import SignalProtocol
import WhatsAppBinary

/// What follows from a stanza and need not be done before the next one is read.
enum Job: Sendable {
    case answerRetry(RetryRequest)
    case issueTokens([JID])
    /// - Parameters:
    ///   - reported: how many the server says it has.
    ///   - attempt: how often it has failed already.
    case uploadPreKeys(reported: Int?, attempt: Int)
    case checkDigest
    /// The server has changes that are of no interest here, and wants to be told so.
    case clean(type: String?, timestamp: String?)
    case purge
    /// To be done after a time.
    indirect case later(DelayedJob)
}

extension Job {
    /// What it holds of a stanza that asks to be told so.
    init?(cleaning dirty: Node) {
        let (type, timestamp) = (dirty.string("type"), dirty.string("timestamp"))
        guard type?.isShort != false, timestamp?.isShort != false else { return nil }
        self = .clean(type: type, timestamp: timestamp)
    }

    fileprivate var isRetry: Bool {
        if case .answerRetry = self { true } else { false }
    }
}

/// A job that failed and is to be done again.
struct DelayedJob: Sendable {
    let job: Job
    let delay: Duration
}

extension Messenger {
    /// More are dropped: those who are waiting for them ask again.
    static let jobLimit = 512
    /// So many of them may be answers to others, who are not to push out what the account itself needs.
    static let retryJobLimit = 384
    private static let delayLimit = 16

    /// Does what can wait, until its task is cancelled. Without it retries are not answered.
    public func run() async {
        guard !self.isWorking else { return }
        self.isWorking = true
        self.isWorkFinished = Task.isCancelled
        defer { self.isWorking = false }
        await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                while let job = await self.nextJob() {
                    guard let again = await self.perform(job), self.delayedJobs < Self.delayLimit else { continue }
                    self.delayedJobs += 1
                    group.addTask { await self.wait(for: again) }
                }
                group.cancelAll()
            }
        } onCancel: {
            Task { await self.finishWork() }
        }
    }

    private func finishWork() {
        self.isWorkFinished = true
        self.wakeWorker()
    }

    /// - Returns: false when it was dropped.
    @discardableResult
    func enqueue(_ job: Job) -> Bool {
        let isFull = job.isRetry && self.jobs.count(where: \.isRetry) >= Self.retryJobLimit
        guard !isFull, self.jobs.count < Self.jobLimit else {
            self.logger.warning("too much work is waiting; some was dropped")
            return false
        }
        self.jobs.append(job)
        self.wakeWorker()
        return true
    }

    func wakeWorker() {
        self.worker?.resume()
        self.worker = nil
    }

    private func nextJob() async -> Job? {
        while !self.isWorkFinished {
            if let job = self.takeJob() { return job }
            await withCheckedContinuation { self.worker = $0 }
        }
        return nil
    }

    /// The first job that can be done now. Retries wait for the backlog to end: device lists and identities are still
    /// arriving in it.
    private func takeJob() -> Job? {
        guard self.isConnected else { return nil }
        let index = self.jobs.firstIndex { self.isDrained || !$0.isRetry }
        return index.map { self.jobs.remove(at: $0) }
    }

    /// Does all that can be done now; for tests, which have no `run`.
    func performJobs() async {
        while let job = self.takeJob() { _ = await self.perform(job) }
    }

    /// - Returns: what is to be done later, because it failed.
    func perform(_ job: Job) async -> DelayedJob? {
        do throws(ClientError) {
            switch job {
            case .answerRetry(let request): try await self.answer(request)
            case .issueTokens(let accounts): try await self.issueTokens(to: accounts)
            case .uploadPreKeys(let reported, _): try await self.topUpPreKeys(reported: reported)
            case .checkDigest: try await self.checkDigest()
            case .clean(let type, let timestamp): try await self.clean(type, timestamp)
            case .purge: try await self.purge()
            case .later(let job): return job
            }
            return nil
        } catch {
            self.logger.info("something in the background failed", metadata: ["error": "\(error)"])
            return Self.again(job, after: error)
        }
    }

    /// Pre-keys have to get to the server in the end; at a new connection they are looked after anyway.
    private static func again(_ job: Job, after error: ClientError) -> DelayedJob? {
        guard case .uploadPreKeys(_, let attempt) = job, error != .notConnected else { return nil }
        let seconds = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610]
        return DelayedJob(
            job: .uploadPreKeys(reported: nil, attempt: attempt + 1),
            delay: .seconds(seconds[min(attempt, seconds.count - 1)]))
    }

    private func wait(for again: DelayedJob) async {
        defer { self.delayedJobs -= 1 }
        do {
            try await self.time.sleepUntil(self.time.now.uptime + again.delay)
            self.enqueue(again.job)
        } catch {
            // Cancelled: this job is dropped with all others.
        }
    }

    private func clean(_ type: String?, _ timestamp: String?) async throws(ClientError) {
        var attributes = Attributes()
        attributes["type"] = type.map { .string($0) }
        attributes["timestamp"] = timestamp.map { .string($0) }
        _ = try await self.channel.query(
            .iq("set", xmlns: "urn:xmpp:whatsapp:dirty", children: [Node("clean", attributes)]))
    }

    private func purge() async throws(ClientError) {
        let (now, policy) = (self.time.now.date, self.policy)
        try await self.write { state in
            try state.deleteMessages(
                sentBefore: now.addingTimeInterval(-policy.sentMessageLifetime.inSeconds),
                receivedBefore: now.addingTimeInterval(-policy.receivedMessageLifetime.inSeconds))
            try state.deleteMediaUploads(before: now.addingTimeInterval(-MediaUpload.lifetime.inSeconds))
        }
    }

    private func issueTokens(to accounts: [JID]) async throws(ClientError) {
        let now = self.time.now.date
        let due = try await self.read { try $0.accountsDueToken(accounts, now: now) }
        guard !due.isEmpty else { return }
        _ = try await self.channel.query(PrivacyTokens.issue(to: due, now: now))
        try await self.write { state in
            for account in due { try state.saveTokenIssueDate(now, for: try state.names(of: account)[0]) }
        }
    }
}
