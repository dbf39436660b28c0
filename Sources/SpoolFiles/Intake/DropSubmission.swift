public import SpoolCore

/// Drops files the safe way: written beside the target under another name, synced, renamed. Needs no daemon.
public struct DropSubmission: Sendable {
    /// Not the daemon's own, so that its start does not remove what another process is writing.
    private static let prefix = ".submit-"

    private let layout: SpoolLayout

    public init(layout: SpoolLayout) {
        self.layout = layout
    }

    /// Opens a drop file for writing; it appears when `finish` is called.
    ///
    /// It is readable by all, because the daemon usually runs as another user; the drop directory keeps others out.
    /// - Throws: `IntakeError.unusableName` for a name that the daemon would not take.
    public func begin(as name: DropFileName, for user: UserName = .default) throws(IntakeError) -> AtomicFile {
        if let reason = name.unusableReason { throw .unusableName(name.description, reason: reason) }
        return try AtomicFile(SpoolPath(self.layout.incoming(of: user), name), mode: 0o644, prefix: Self.prefix)
    }

    /// Drops a file. It survives a crash when this returns.
    /// - Returns: Its inode, by which the daemon's answer can be told from one to an earlier file of this name.
    /// - Throws: `IntakeError.alreadyExists` while a file of this name waits to be taken.
    @discardableResult
    public func submit(
        _ bytes: some Collection<UInt8>, as name: DropFileName, for user: UserName = .default
    ) throws(IntakeError) -> UInt64 {
        let file = try self.begin(as: name, for: user)
        try file.append(bytes)
        return try file.finish().inode
    }
}
