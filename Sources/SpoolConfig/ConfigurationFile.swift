import Glibc

/// One YAML file of the configuration, read but not yet understood.
struct ConfigurationFile: Sendable {
    /// As it is shown in complaints.
    let path: String
    /// The keys of the outermost level.
    let fields: [ConfigurationValue.Field]

    /// No configuration is larger; what is, is another file given by mistake.
    static let maximumSize = 256 * 1024

    /// Reads and parses a file; `nil` when there is none.
    static func read(at path: String) throws(ConfigurationProblem) -> ConfigurationFile? {
        guard let bytes = try Self.contents(of: path) else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationProblem(origin: .file(path: path, line: 1), key: nil, reason: "the file is not UTF-8")
        }
        return try ConfigurationFile(path: path, text: text)
    }

    /// Parses the text of a file.
    init(path: String, text: String) throws(ConfigurationProblem) {
        self.path = path
        let located: LocatedValue
        do throws(YAMLProblem) {
            located = try YAMLText.value(of: text)
        } catch {
            throw ConfigurationProblem(origin: .file(path: path, line: error.line), key: nil, reason: error.reason)
        }
        switch located.value {
        case .mapping(let fields): self.fields = fields
        case .null: self.fields = []
        case .boolean, .integer, .text, .sequence:
            throw ConfigurationProblem(
                origin: .file(path: path, line: located.line ?? 1), key: nil,
                reason: "expected sections and keys, found \(located.value.excerpt)")
        }
    }

    private static func contents(of path: String) throws(ConfigurationProblem) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Self.unreadable(path, errno)
        }
        defer { close(descriptor) }
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.unreadable(path, errno) }
            guard count > 0 else { return contents }
            contents += buffer.prefix(count)
            guard contents.count <= Self.maximumSize else {
                throw ConfigurationProblem(
                    origin: .file(path: path, line: 1), key: nil,
                    reason: "the file is larger than \(Self.maximumSize) bytes; is it a configuration?")
            }
        }
    }

    private static func unreadable(_ path: String, _ number: Int32) -> ConfigurationProblem {
        ConfigurationProblem(
            origin: .file(path: path, line: 1), key: nil, reason: "cannot be read: \(String(cString: strerror(number)))"
        )
    }
}
