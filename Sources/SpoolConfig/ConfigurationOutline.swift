/// The keys as nested YAML sections.
enum ConfigurationOutline {
    /// The outline of all keys; ends with a line break.
    /// - Parameter lines: The lines of one key, given its indentation and the last part of its name.
    static func text(lines: (ConfigurationKey, _ indent: String, _ name: String) -> [String]) -> String {
        var result: [String] = []
        var open: [String] = []
        for key in ConfigurationKey.all {
            let path = key.path
            let sections = Array(path.dropLast())
            let shared = zip(open, sections).prefix { $0 == $1 }.count
            for depth in shared..<max(shared, sections.count) {
                result.append(Self.indent(depth) + sections[depth] + ":")
            }
            open = sections
            result += lines(key, Self.indent(sections.count), path.last ?? key.name)
        }
        return result.joined(separator: "\n") + "\n"
    }

    private static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }
}
