import Foundation
import SpoolConfig

/// A directory of configuration files that goes away with its last reference.
final class ConfigurationDirectory: Sendable {
    let path: String

    init(_ files: [String: String] = [:]) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "spool-config-\(UUID().uuidString)")
        self.path = directory.path
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for (name, text) in files {
            let file = directory.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    deinit {
        // Nothing depends on it: a directory that stays behind is the temporary directory's to clean.
        try? FileManager.default.removeItem(atPath: self.path)
    }

    /// Loads what is in the directory, without the machine's own file.
    func load(
        _ explicitPath: String? = nil, environment: [String: String] = [:], overrides: [ConfigurationOverride] = [],
        ignoringRisk: Bool = false
    ) throws(ConfigurationError) -> LoadedConfiguration {
        try ConfigurationLoader.load(
            explicitPath: explicitPath, environment: environment, currentDirectory: self.path, overrides: overrides,
            ignoringRisk: ignoringRisk, systemFile: self.path + "/system/spoold.yaml")
    }

    /// The complaints about what is in the directory, with `$` for its path; empty when it loads.
    func complaints(environment: [String: String] = [:], overrides: [ConfigurationOverride] = []) -> [String] {
        do throws(ConfigurationError) {
            _ = try self.load(environment: environment, overrides: overrides)
            return []
        } catch {
            return error.problems.map { $0.description.replacingOccurrences(of: self.path, with: "$") }
        }
    }
}

/// Loads one `spoold.yaml` of this text.
func load(
    _ text: String, environment: [String: String] = [:], overrides: [ConfigurationOverride] = []
) throws -> LoadedConfiguration {
    try ConfigurationDirectory(["spoold.yaml": text]).load(environment: environment, overrides: overrides)
}

/// The complaints about one `spoold.yaml` of this text.
func complaints(about text: String, environment: [String: String] = [:]) throws -> [String] {
    try ConfigurationDirectory(["spoold.yaml": text]).complaints(environment: environment)
}
