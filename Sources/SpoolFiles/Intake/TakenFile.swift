public import SpoolCore

/// A drop file that the daemon has taken: it lies in `importing`, where no client can reach its name.
public struct TakenFile: Sendable {
    public enum Content: Sendable {
        /// A regular file with one name, open for reading; the identity is that of the moment it was opened.
        case readable(OpenFile, FileIdentity)
        /// Nothing of it can be imported, and why.
        case refused(Refusal)
    }

    public let batch: BatchID
    public let user: UserName
    /// As it was dropped; the start of the name when that was too long, which is then also the reason of a refusal.
    public let name: DropFileName
    /// Where it lies now.
    public let path: SpoolPath
    public let content: Content

    /// Whether the file was written to since it was opened: by a writer that has it open still.
    /// - Returns: The identity to go on with, or `nil` when nothing changed.
    public func newIdentity(since identity: FileIdentity) throws(IntakeError) -> FileIdentity? {
        switch self.content {
        case .readable(let file, _):
            let now = try file.observe().identity
            return now == identity ? nil : now
        case .refused: return nil
        }
    }

    /// Whether the file was written to since it was opened or since a later identity.
    public func hasChanged(since identity: FileIdentity) throws(IntakeError) -> Bool {
        try self.newIdentity(since: identity) != nil
    }
}

/// What a start finds in `importing`.
public struct Leftovers: Sendable {
    /// Taken by an earlier run, oldest batch first.
    public var files: [LeftoverFile] = []
    /// Not ours: nobody but the daemon should write there.
    public var strangers: [SpoolPath] = []
}

/// A file that an earlier run took and did not finish.
public struct LeftoverFile: Equatable, Sendable {
    public let batch: BatchID
    public let user: UserName
    public let name: DropFileName
    public let path: SpoolPath
}
