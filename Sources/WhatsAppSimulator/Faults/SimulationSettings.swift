/// How the service of a simulation behaves as long as no fault says otherwise.
public struct SimulationSettings: Sendable, Hashable {
    /// How an answer about a number names it: by its hidden identifier beside its number, or by the number only.
    public enum Naming: String, Sendable, Hashable, CaseIterable {
        case lid, pn
    }

    /// What happens to messages for numbers without account.
    public enum Unregistered: String, Sendable, Hashable, CaseIterable {
        /// They are refused with 404.
        case refuse
        /// They are acknowledged and never arrive.
        case accept
    }

    public var naming = Naming.lid
    public var unregistered = Unregistered.refuse
    /// Whether a message names its sender in the other addressing too.
    public var otherNames = true
    /// Clients with a lower version are refused with failure 405: three numbers with dots.
    public var minimumVersion = "0.0.0"
    /// Seconds until a phone has read a message; never when `nil`.
    public var readAfter: Double?
    /// The most users of one query before it is complained about.
    public var maximumQueriedUsers = 50
    public var media = MediaSettings()

    public init() {}

    init(_ object: inout ScriptObject) throws(ScenarioError) {
        self.naming = try object.word("addressing", Naming.self) ?? .lid
        self.unregistered = try object.word("unregistered", Unregistered.self) ?? .refuse
        self.otherNames = try object.bool("otherNames") ?? true
        self.readAfter = try object.seconds("readAfter")
        self.maximumQueriedUsers = try object.integer("maximumQueriedUsers") ?? 50
        if var media = try object.object("media") {
            self.media = try MediaSettings(&media)
            try media.finish()
        }
        if let version = try object.string("minimumVersion") {
            guard ClientVersion(version) != nil else {
                throw object.error("minimumVersion", "three numbers with dots are wanted here")
            }
            self.minimumVersion = version
        }
    }
}

/// A client's version: three numbers.
struct ClientVersion: Comparable, Sendable, CustomStringConvertible {
    let parts: [UInt32]

    init(_ primary: UInt32, _ secondary: UInt32, _ tertiary: UInt32) {
        self.parts = [primary, secondary, tertiary]
    }

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt32($0) }
        guard parts.count == 3, !parts.contains(nil) else { return nil }
        self.parts = parts.compactMap(\.self)
    }

    var description: String { self.parts.map { String($0) }.joined(separator: ".") }

    static func < (left: ClientVersion, right: ClientVersion) -> Bool {
        left.parts.lexicographicallyPrecedes(right.parts)
    }
}
