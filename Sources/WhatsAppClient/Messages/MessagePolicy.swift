/// How long things are kept and how often they are done.
public struct MessagePolicy: Hashable, Sendable {
    /// How long a list of somebody's devices is good, unless the server says that it has changed.
    public var deviceListLifetime = Duration.seconds(6 * 3600)
    /// How long an answer about a phone number is good.
    public var registeredLifetime = Duration.seconds(30 * 86_400)
    public var unregisteredLifetime = Duration.seconds(7 * 86_400)
    /// How long sent messages can be repeated for those who cannot decrypt them.
    public var sentMessageLifetime = Duration.seconds(7 * 86_400)
    /// How long received messages are remembered.
    public var receivedMessageLifetime = Duration.seconds(14 * 86_400)
    /// How long a message waits for the upload of its attachment.
    public var uploadPatience = Duration.seconds(120)
    /// One-time keys in the first upload of a device, and in later ones.
    public var firstPreKeyCount = 812
    public var laterPreKeyCount = 50
    /// With fewer at the server than this, there is an upload.
    public var preKeyLowWater = 5

    /// The service's numbers of the queries about the account's limits; they change with client releases.
    public var timeLockQueryID = "23983697327930364"
    public var cappingQueryID = "24503548349331633"

    public init() {}

    /// Users in one request.
    static let usersPerQuery = 50
    /// How often a message is repeated for a device, and asked for again by us.
    static let retryLimit = 5
    /// A session is set up anew for a device at most so often.
    static let rebuildInterval: Double = 3600
    /// Messages that are repeated for one account in an hour.
    static let retriesPerHour = 100
    /// Uploads that others may declare gone in an hour.
    static let uploadReportsPerHour = 20
    /// Lots of one-time keys that are made in an hour, whatever the server says it has.
    static let preKeyUploadsPerHour = 6
}

extension Duration {
    var inSeconds: Double { self / .seconds(1) }
}
