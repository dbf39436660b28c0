/// One key of the configuration: all that reading, overriding, showing and documenting it needs.
struct ConfigurationKey: Sendable {
    /// The dotted path, such as `scheduler.delay.minimum`.
    let name: String
    /// What it does, with its unit and the reason for its default, for the administrator.
    let documentation: String
    /// What a right value looks like.
    let expects: String
    /// Whether the value is a list.
    let isList: Bool
    let read: @Sendable (LocatedValue, inout DaemonConfiguration) throws(ValueError) -> Void
    let write: @Sendable (DaemonConfiguration) -> ConfigurationValue
    /// Whether the value lets more out than the default does.
    let isLooserThanDefault: @Sendable (DaemonConfiguration) -> Bool

    /// - Parameter looser: Whether its first argument lets more out than its second; left out where that means nothing.
    init<Value>(
        _ name: String, _ keyPath: any WritableKeyPath<DaemonConfiguration, Value> & Sendable, _ form: ValueForm<Value>,
        looser: @escaping @Sendable (Value, Value) -> Bool = { _, _ in false }, _ documentation: String
    ) {
        self.name = name
        self.documentation = documentation
        self.expects = form.expects
        if case .sequence = form.write(DaemonConfiguration()[keyPath: keyPath]) {
            self.isList = true
        } else {
            self.isList = false
        }
        self.read = { located, configuration throws(ValueError) in
            configuration[keyPath: keyPath] = try form.read(located)
        }
        self.write = { form.write($0[keyPath: keyPath]) }
        self.isLooserThanDefault = { looser($0[keyPath: keyPath], DaemonConfiguration()[keyPath: keyPath]) }
    }

    /// The name's parts: sections, then the key itself.
    var path: [String] { self.name.split(separator: ".").map(String.init) }

    /// The environment variable that overrides it: `SPOOLD_`, then every word of the name.
    var environmentVariable: String {
        var result = Self.environmentPrefix
        for character in self.name {
            switch character {
            case ".": result += "_"
            case _ where character.isUppercase: result += "_\(character)"
            default: result += character.uppercased()
            }
        }
        return result
    }

    static let environmentPrefix = "SPOOLD_"
}

/// What makes a limit looser, for the risk check.
enum Looser {
    /// A wait got shorter.
    @Sendable static func ifShorter(_ value: Duration, _ standard: Duration) -> Bool { value < standard }

    /// A wait that may be unlimited got shorter.
    @Sendable static func ifShorter(_ value: Duration?, _ standard: Duration?) -> Bool {
        guard let value else { return false }
        return standard.map { value < $0 } ?? true
    }

    /// A count that ends something got higher, or was switched off.
    @Sendable static func ifHigher(_ value: Int?, _ standard: Int?) -> Bool {
        guard let standard else { return false }
        return value.map { $0 > standard } ?? true
    }

    /// A rule was switched off.
    @Sendable static func ifOff(_ value: Bool, _ standard: Bool) -> Bool { !value && standard }
}
