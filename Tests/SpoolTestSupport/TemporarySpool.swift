public import SpoolCore

/// A spool and a state directory that live as long as a test does.
public final class TemporarySpool: Sendable {
    public let directory: TemporaryDirectory

    public init(users: [UserName] = []) throws {
        self.directory = try TemporaryDirectory()
        for name in ["incoming", "importing", "accepted", "rejected", "results", "media"] {
            try self.directory.makeDirectory("spool/" + name)
        }
        for user in users {
            for name in ["incoming", "results", "media"] {
                try self.directory.makeDirectory("spool/\(name)/\(user)")
            }
        }
        try self.directory.makeDirectory("state")
    }

    /// The spool directory.
    public var spool: String { self.directory.path("spool") }
    /// The state directory.
    public var state: String { self.directory.path("state") }
    public var incoming: String { self.directory.path("spool/incoming") }
    public var results: String { self.directory.path("spool/results") }

    /// Drops a file as a careful writer does: under another name, then renamed. Returns its path.
    @discardableResult
    public func drop(_ text: String, as name: String, for user: UserName = .default) throws -> String {
        let folder = user == .default ? "spool/incoming/" : "spool/incoming/\(user)/"
        try self.directory.write(text, to: folder + "." + name)
        try moveFile(from: self.directory.path(folder + "." + name), to: self.directory.path(folder + name))
        return self.directory.path(folder + name)
    }
}
