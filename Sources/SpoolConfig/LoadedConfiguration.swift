/// The configuration in force and where each value comes from.
public struct LoadedConfiguration: Equatable, Sendable {
    public var configuration: DaemonConfiguration
    /// The files that were read, in the order in which they were applied.
    public var files: [String]
    /// For every key, dotted.
    public var origins: [String: ConfigurationOrigin]

    init(configuration: DaemonConfiguration, files: [String], given: [String: ConfigurationOrigin]) {
        self.configuration = configuration
        self.files = files
        self.origins = Dictionary(
            uniqueKeysWithValues: ConfigurationKey.all.map { ($0.name, given[$0.name] ?? .default) })
    }

    /// The whole configuration as YAML, each value followed by its origin in a comment. It can be read back.
    public func render() -> String {
        ConfigurationOutline.text { key, indent, name in
            let line = "\(indent)\(name): \(ConfigurationText.yaml(key.write(self.configuration)))"
            let padding = String(repeating: " ", count: max(2, 44 - line.count))
            return ["\(line)\(padding)# \(self.origin(of: key))"]
        }
    }

    /// The same as one JSON object: `{"scheduler.hourly": {"value": 100, "origin": "default"}, …}`, in order.
    public func renderJSON() -> String {
        let entries = ConfigurationKey.all.map { key in
            let value = ConfigurationText.json(key.write(self.configuration))
            let origin = ConfigurationText.quoted(self.origin(of: key).description)
            return "\(ConfigurationText.quoted(key.name)): {\"value\": \(value), \"origin\": \(origin)}"
        }
        return "{" + entries.joined(separator: ", ") + "}"
    }

    private func origin(of key: ConfigurationKey) -> ConfigurationOrigin {
        self.origins[key.name] ?? .default
    }
}
