import Glibc

/// A value that the command line sets.
public struct ConfigurationOverride: Equatable, Sendable {
    /// The dotted key.
    public var key: String
    /// Taken as it is; lists cannot be set in this way.
    public var value: String
    /// What the user typed, such as `--spool`, for complaints and `config show`.
    public var option: String

    public init(key: String, value: String, option: String) {
        self.key = key
        self.value = value
        self.option = option
    }
}

/// Finds the configuration's sources and reads them.
///
/// Later ones win: the defaults, the file, `conf.d/*.yaml` beside it in the order of the names' bytes, `SPOOLD_…`
/// variables, the command line. A list is replaced as a whole, never added to.
public enum ConfigurationLoader {
    /// Reads and checks everything.
    /// - Parameters:
    ///   - explicitPath: The file of `--config`; it must exist. `nil`: `spoold.yaml` in `currentDirectory`, else
    ///     `systemFile`, else the defaults alone.
    ///   - currentDirectory: Absolute; where relative paths start.
    ///   - ignoringRisk: Skips the check for limits looser than their defaults: with the simulator, and for commands
    ///     that only look for the daemon.
    /// - Throws: All problems of all sources at once.
    public static func load(
        explicitPath: String?, environment: [String: String], currentDirectory: String,
        overrides: [ConfigurationOverride] = [], ignoringRisk: Bool = false,
        systemFile: String = "/etc/spoold/spoold.yaml"
    ) throws(ConfigurationError) -> LoadedConfiguration {
        var reading = ConfigurationReading()
        let files = Self.readFiles(explicitPath, currentDirectory, systemFile, into: &reading)
        reading.apply(environment: environment)
        for override in overrides { reading.apply(override) }
        reading.finish(currentDirectory: currentDirectory, ignoringRisk: ignoringRisk)
        guard reading.problems.isEmpty else { throw ConfigurationError(problems: reading.problems) }
        return LoadedConfiguration(configuration: reading.configuration, files: files, given: reading.origins)
    }

    /// - Returns: The files that were read, in order.
    private static func readFiles(
        _ explicitPath: String?, _ currentDirectory: String, _ systemFile: String,
        into reading: inout ConfigurationReading
    ) -> [String] {
        let candidates = explicitPath.map { [$0] } ?? ["spoold.yaml", systemFile]
        for path in candidates.map({ DaemonConfiguration.absolute($0, in: currentDirectory) }) {
            guard Self.readFile(path, into: &reading) else { continue }
            return [path] + Self.readParts(beside: path, into: &reading)
        }
        if let explicitPath {
            let path = DaemonConfiguration.absolute(explicitPath, in: currentDirectory)
            reading.fail(.init(origin: .file(path: path, line: 1), key: nil, reason: "there is no such file"))
        }
        return []
    }

    /// - Returns: `false` when there is no such file; one that cannot be read is a problem, not an absence.
    private static func readFile(_ path: String, into reading: inout ConfigurationReading) -> Bool {
        do throws(ConfigurationProblem) {
            guard let file = try ConfigurationFile.read(at: path) else { return false }
            reading.apply(file)
        } catch {
            reading.fail(error)
        }
        return true
    }

    private static func readParts(beside path: String, into reading: inout ConfigurationReading) -> [String] {
        let directory = path[..<(path.lastIndex(of: "/") ?? path.startIndex)] + "/conf.d"
        let names: [String]
        do throws(ConfigurationProblem) {
            names = try Self.yamlNames(in: String(directory))
        } catch {
            reading.fail(error)
            return []
        }
        return names.map { "\(directory)/\($0)" }.filter { Self.readFile($0, into: &reading) }
    }

    /// The names ending in `.yaml`, in the order of their bytes; hidden ones are left out, as a shell does.
    private static func yamlNames(in directory: String) throws(ConfigurationProblem) -> [String] {
        guard let stream = opendir(directory) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            let reason = "cannot be read: \(String(cString: strerror(errno)))"
            throw ConfigurationProblem(origin: .file(path: directory, line: 1), key: nil, reason: reason)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
                    String(cString: $0)
                }
            }
            if name.hasSuffix(".yaml"), !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
