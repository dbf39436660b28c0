/// Everything that is wrong with a configuration, all of it at once.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// In the order of the sources; never empty.
    public let problems: [ConfigurationProblem]

    public init(problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    /// One problem a line.
    public var description: String {
        self.problems.map(\.description).joined(separator: "\n")
    }
}

/// One thing that is wrong, and where.
public struct ConfigurationProblem: Error, Equatable, CustomStringConvertible {
    /// `.default` when no source is at fault.
    public var origin: ConfigurationOrigin
    /// The dotted key; `nil` when the whole source is at fault.
    public var key: String?
    /// What is wrong and what would be right.
    public var reason: String

    public init(origin: ConfigurationOrigin, key: String?, reason: String) {
        self.origin = origin
        self.key = key
        self.reason = reason
    }

    public var description: String {
        [self.origin.description, self.key.map(ConfigurationText.oneLine), self.reason].compactMap(\.self)
            .joined(separator: ": ")
    }
}
