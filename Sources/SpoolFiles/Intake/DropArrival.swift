public import SpoolCore

/// News from the drop directories.
public enum DropArrival: Equatable, Sendable {
    case ready(ReadyFile)
    case refused(RefusedFile)
    case unreadable(UnreadableFile)
    /// A drop directory cannot be listed, or its files cannot be taken. Its files are not forgotten.
    case directoryLost(LostDirectory)
    /// A lost directory is there again.
    case directoryBack(UserName)
}

/// A file that is complete and may be taken.
public struct ReadyFile: Hashable, Sendable {
    public let user: UserName
    public let name: DropFileName
    public let path: SpoolPath
    /// Its writer published it whole, by a rename.
    public let cameByRename: Bool
    /// A cut-off end is no reason to refuse it yet: put it back with `DropFileTaking.putBack` and wait for more.
    public let mayStillGrow: Bool

    public init(user: UserName, name: DropFileName, path: SpoolPath, cameByRename: Bool, mayStillGrow: Bool) {
        self.user = user
        self.name = name
        self.path = path
        self.cameByRename = cameByRename
        self.mayStillGrow = mayStillGrow
    }
}

/// Something in a drop directory that is never opened: a link, a socket, a device.
public struct RefusedFile: Equatable, Sendable {
    public let user: UserName
    public let name: DropFileName
    public let path: SpoolPath
    public let refusal: Refusal
}

/// A file that the daemon may not open.
public struct UnreadableFile: Equatable, Sendable {
    public let user: UserName
    public let name: DropFileName
    public let path: SpoolPath
    /// The owner's numeric id.
    public let owner: UInt32
    /// Permission bits.
    public let mode: UInt32

    /// The answer for its writer.
    public var refusal: Refusal {
        Refusal(
            .unreadable,
            "The daemon has no right to read it (owner \(self.owner), mode \(String(self.mode, radix: 8)))"
        )
    }
}

/// A drop directory that cannot be used at the moment.
public struct LostDirectory: Equatable, Sendable {
    public let user: UserName
    public let path: String
    public let reason: IntakeError
}
