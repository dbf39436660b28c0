/// What a path under `/control` names; numbers are still as they were written.
enum ControlEndpoint: Equatable {
    case status
    case cancel
    case keys
    case addKey
    case revokeKey(String)
    case submission
    case linkDevice
    case renameDevice
    case removeDevice
    case pauseDevice
    case resumeDevice

    /// The endpoints of a path: what GET asks for and what POST does; `nil` for a path that is not there.
    static func at(_ path: String) -> (get: ControlEndpoint?, post: ControlEndpoint?)? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        guard parts.first == "control" else { return nil }
        switch (parts.count, parts.dropFirst().first) {
        case (2, "status"): return (.status, nil)
        case (2, "cancel"): return (nil, .cancel)
        case (2, "keys"): return (.keys, .addKey)
        case (4, "keys") where parts[3] == "revoke": return (nil, .revokeKey(parts[2]))
        case (2, "submission"): return (.submission, nil)
        case (2, "devices"): return (nil, .linkDevice)
        case (3, "devices") where parts[2] == "rename": return (nil, .renameDevice)
        case (3, "devices") where parts[2] == "remove": return (nil, .removeDevice)
        case (3, "devices") where parts[2] == "pause": return (nil, .pauseDevice)
        case (3, "devices") where parts[2] == "resume": return (nil, .resumeDevice)
        default: return nil
        }
    }

    /// The parameters it takes.
    var parameters: [String] {
        switch self {
        case .submission: ["user", "file", "inode"]
        case .status, .cancel, .keys, .addKey, .revokeKey, .linkDevice, .renameDevice, .removeDevice, .pauseDevice,
            .resumeDevice:
            []
        }
    }
}
