/// What every key is for, for manuals and the commented example.
public enum ConfigurationReference {
    /// One key.
    public struct Entry: Equatable, Sendable {
        /// Dotted.
        public let key: String
        public let environmentVariable: String
        /// The default as YAML.
        public let defaultValue: String
        /// What a right value looks like.
        public let expects: String
        public let documentation: String
    }

    /// All keys, in order.
    public static let entries: [Entry] = ConfigurationKey.all.map { key in
        Entry(
            key: key.name, environmentVariable: key.environmentVariable,
            defaultValue: ConfigurationText.yaml(key.write(DaemonConfiguration())), expects: key.expects,
            documentation: key.documentation)
    }

    /// A configuration file with every key at its default, commented.
    public static var exampleFile: String {
        """
        # Every key of spoold with its default. Copy what you change to spoold.yaml or /etc/spoold/spoold.yaml;
        # conf.d/*.yaml beside that file is read after it, in the order of the names. Each key can also be set by an
        # environment variable: scheduler.recipientGap by SPOOLD_SCHEDULER_RECIPIENT_GAP.
        # Durations: 500ms, 20s, 5m, 24h, 30d. Sizes: 64KiB, 5MB. 0 or null switches a limit off.

        """
            + ConfigurationOutline.text { key, indent, name in
                let value = ConfigurationText.yaml(key.write(DaemonConfiguration()))
                return Self.wrapped(key.documentation, width: 116 - indent.count).map { "\(indent)# \($0)" }
                    + ["\(indent)\(name): \(value)"]
            }
    }

    /// Breaks a text between words; a longer word stands alone.
    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
