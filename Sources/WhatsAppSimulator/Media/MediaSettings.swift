/// How the media servers of a simulation behave.
public struct MediaSettings: Sendable, Hashable {
    /// Seconds for which a client may use the hosts it was told; short, so that it has to ask again.
    public var ttl = 5
    /// Seconds for which uploads are taken with what a client was given for them.
    public var authLifetime = 300
    /// Seconds for which a file can be fetched.
    public var lifetime: Double = 1_209_600
    /// The most bytes of an encrypted file.
    public var maximumSize = 134_217_728
    /// Whether an upload that broke off can be continued.
    public var resumes = true

    public init() {}

    init(_ object: inout ScriptObject) throws(ScenarioError) {
        let preset = MediaSettings()
        self.ttl = try Self.positive("ttl", in: &object) ?? preset.ttl
        self.authLifetime = try Self.positive("authLifetime", in: &object) ?? preset.authLifetime
        self.lifetime = try object.seconds("lifetime") ?? preset.lifetime
        self.maximumSize = try Self.positive("maximumSize", in: &object) ?? preset.maximumSize
        self.resumes = try object.bool("resumes") ?? preset.resumes
    }

    private static func positive(_ key: String, in object: inout ScriptObject) throws(ScenarioError) -> Int? {
        guard let number = try object.integer(key) else { return nil }
        guard 1...(1 << 32) ~= number else { throw object.error(key, "1 to \(1 << 32) are possible") }
        return number
    }
}
