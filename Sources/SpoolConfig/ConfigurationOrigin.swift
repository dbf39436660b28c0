/// Where the value of a key comes from.
public enum ConfigurationOrigin: Hashable, Sendable, CustomStringConvertible {
    case `default`
    /// A line of a file, from 1.
    case file(path: String, line: Int)
    /// The name of an environment variable.
    case environment(String)
    /// An option of the command line, such as `--spool`.
    case option(String)

    public var description: String {
        switch self {
        case .default: "default"
        case .file(let path, let line): "\(ConfigurationText.oneLine(path)):\(line)"
        case .environment(let name): "environment variable \(ConfigurationText.oneLine(name))"
        case .option(let name): "option \(name)"
        }
    }
}
