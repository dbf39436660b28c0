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
    /// Takes over the value of another configuration.
    let copy: @Sendable (_ from: DaemonConfiguration, inout DaemonConfiguration) -> Void

    init<Value>(
        _ name: String, _ keyPath: any WritableKeyPath<DaemonConfiguration, Value> & Sendable, _ form: ValueForm<Value>,
        _ documentation: String
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
        self.copy = { $1[keyPath: keyPath] = $0[keyPath: keyPath] }
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
