import WhatsAppBinary

/// What the service knows of one connection.
struct ServiceConnection: Sendable {
    enum Stage: Sendable {
        /// Nothing is known but its key.
        case fresh
        /// A new device waits to be linked.
        case registering(Registration)
        /// A linked device; logged in once it has been told so.
        case device(SimulatedDeviceID)
        /// It is being closed; nothing it sends counts.
        case ended
    }

    var stage: Stage
    var style: FrameStyle = []
    /// Whether it waits with what there is for it until it is told to begin; a login may say that it does not.
    var isPassive = true
    /// Answers no keepalive.
    var isSilent = false
    /// The ids of the iqs that came.
    var iqIDs = RecentSet<String>(capacity: 4096)
    /// The iqs we wait for an answer to.
    var awaited: [String: AwaitedAnswer] = [:]

    enum AwaitedAnswer: Sendable {
        case pairDevice
        case pairSuccess
        case ping
    }
}
