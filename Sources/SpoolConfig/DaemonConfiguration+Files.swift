extension DaemonConfiguration {
    /// The directory tree shared with the outside.
    public struct Spool: Equatable, Sendable {
        public var directory = "./spool"
        /// How long a file that was not renamed must stay unchanged; long enough for a writer between two writes.
        public var settle = Duration.seconds(2)
        /// How often the directory is swept for files of which the kernel reported nothing (NFS, SMB). Never zero.
        public var rescan = Duration.seconds(30)
        /// How long the same bytes from the same user are refused; a day covers a job that runs twice.
        public var duplicateWindow: Duration? = .seconds(24 * 3600)
        /// Below this much free space no file is taken, so that sending and answers can go on.
        public var minimumFree: ByteCount? = ByteCount(bytes: 200_000_000)
        /// The most rows of one file.
        public var maximumRows: Int? = 5_000_000
        /// The largest file.
        public var maximumFile: ByteCount? = ByteCount(bytes: 2_000_000_000)
        /// The largest cell or JSON string; it bounds the memory of the import.
        public var maximumField: ByteCount? = ByteCount(bytes: 1 << 20)
        /// The encoding of files that are neither UTF-8 nor marked UTF-16. `nil` refuses them: a guess corrupts names.
        public var fallbackEncoding: String?
    }

    /// The daemon's own files.
    public struct State: Equatable, Sendable {
        public var directory = "./.spoold"
        /// The file with the key that seals the device keys; only its path is known here.
        public var keyFile: String?
    }

    /// The socket of `spoolctl`.
    public struct Control: Equatable, Sendable {
        /// `nil`: see `controlSocketPath`.
        public var socket: String?
    }

    /// The answers that the daemon writes.
    public struct Results: Equatable, Sendable {
        /// How long a settled batch waits for the first receipts before its result is written.
        public var grace = Duration.seconds(3)
        /// How long after the result one file with the later receipts is written; `nil` writes none.
        public var receiptsAfter: Duration?
    }

    /// How long things are kept, from the day their batch finished; `nil` keeps them for ever.
    public struct Retention: Equatable, Sendable {
        /// Originals of imported files.
        public var accepted: Duration? = .days(30)
        /// Originals of refused files, longer because somebody has to look into them.
        public var rejected: Duration? = .days(90)
        /// Result files.
        public var results: Duration? = .days(90)
        /// Message texts, for the recipients' privacy; a digest stays.
        public var bodies: Duration? = .days(30)
        /// The attempts of each message.
        public var attempts: Duration? = .days(180)
    }
}

extension Duration {
    static func days(_ days: Int64) -> Duration { .seconds(days * 86_400) }
}
