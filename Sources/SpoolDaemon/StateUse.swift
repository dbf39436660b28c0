import Foundation

/// What a state directory is used with: the real network, or a simulator. Its queue and its devices must never meet the
/// other one, so a mark in the directory says which it is.
public enum StateUse: Sendable {
    case network
    case simulator

    /// The mark's name in the directory; one without it belongs to the network.
    static let mark = "simulated"

    /// Looks whether the directory may be used in this way; changes nothing.
    /// - Throws: `StateUseError` when it was used the other way.
    public func check(_ directory: String) throws(StateUseError) {
        let files = FileManager.default
        let isMarked = files.fileExists(atPath: directory + "/" + Self.mark)
        let isUsed = [Daemon.queueFile, Daemon.devicesFile].contains { files.fileExists(atPath: directory + "/" + $0) }
        switch self {
        case .network:
            guard !isMarked else { throw .simulated(directory) }
        case .simulator:
            guard isMarked || !isUsed else { throw .notSimulated(directory) }
        }
    }

    /// Makes the directory if need be, and marks a new one, before anything else is made in it.
    /// - Throws: `StateUseError` when the directory was used the other way, or cannot be used.
    public func claim(_ directory: String) throws(StateUseError) {
        try self.check(directory)
        do {
            try Daemon.makeDirectory(directory)
            guard self == .simulator else { return }
            try Data("This state directory is the simulator's. Remove the directory to start anew.\n".utf8)
                .write(to: URL(filePath: directory + "/" + Self.mark), options: .atomic)
        } catch {
            throw .unusable(directory, reason: error.localizedDescription)
        }
    }
}

/// Why a daemon must not work on a state directory.
public enum StateUseError: Error, Equatable, Sendable, CustomStringConvertible {
    case simulated(String)
    case notSimulated(String)
    case unusable(String, reason: String)

    public var description: String {
        switch self {
        case .simulated(let directory):
            "the state directory \(directory) was used with --simulate; name another one, or start with --simulate"
        case .notSimulated(let directory):
            "the state directory \(directory) was used without --simulate; name another one for the simulator"
        case .unusable(let directory, let reason): "the state directory \(directory) cannot be used: \(reason)"
        }
    }
}
