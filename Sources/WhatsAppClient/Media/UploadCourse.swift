import WhatsAppCrypto

/// The way of one file to the media servers: host after host, three rounds, a new pass once. A value: what happened goes
/// in, what is to be done comes out.
struct UploadCourse {
    enum Step: Equatable {
        /// Post to this host.
        case post(MediaConnection.Host, MediaConnection)
        /// Ask for a new pass; this one was not accepted.
        case refresh(MediaConnection)
        case wait(Duration)
        case done(url: String, directPath: String)
        case fail(AttachmentFailure)
    }

    static let rounds = 3
    /// What a server asks for beyond this is left to the next attempt of the message.
    static let longestWait = Duration.seconds(10)

    private let bytes: UInt64
    private var connection: MediaConnection
    private var hosts: [MediaConnection.Host]
    private var index = 0
    private var round = 1
    private var isRefreshed = false
    private var reason = ""
    /// The longest time that a server of this round asks to wait.
    private var retryAfter: Duration?

    /// - Parameter bytes: of the encrypted file.
    init(_ bytes: UInt64, _ connection: MediaConnection) {
        self.bytes = bytes
        self.connection = connection
        self.hosts = connection.hosts(for: bytes)
    }

    mutating func start() -> Step { self.next() }

    mutating func heard(_ verdict: UploadVerdict) -> Step {
        switch verdict {
        case .taken(let url, let directPath): return .done(url: url, directPath: directPath)
        case .refused(let status): return .fail(.refused(status: status))
        case .unauthorized(let status):
            guard self.isRefreshed else {
                self.isRefreshed = true
                return .refresh(self.connection)
            }
            self.reason = "\(self.hosts[self.index].name) has answered \(status)"
        case .failed(let reason, let retryAfter):
            self.reason = reason
            if let retryAfter { self.retryAfter = max(retryAfter, self.retryAfter ?? .zero) }
        }
        self.index += 1
        return self.next()
    }

    /// There is a new pass; the hosts may be others too.
    mutating func refreshed(_ connection: MediaConnection) -> Step {
        self.connection = connection
        self.hosts = connection.hosts(for: self.bytes)
        self.index = 0
        return self.next()
    }

    mutating func waited() -> Step {
        self.round += 1
        self.index = 0
        self.retryAfter = nil
        return self.next()
    }

    private func next() -> Step {
        guard !self.hosts.isEmpty else { return .fail(.tooLarge(bytes: self.bytes)) }
        guard self.index == self.hosts.count else { return .post(self.hosts[self.index], self.connection) }
        let wait = max(.seconds((1 << self.round) - 1), self.retryAfter ?? .zero)
        guard self.round < Self.rounds, wait <= Self.longestWait else {
            return .fail(.notTaken(reason: self.reason, retryAfter: self.retryAfter))
        }
        return .wait(wait)
    }
}
