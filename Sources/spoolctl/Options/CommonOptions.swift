import ArgumentParser
import Foundation
import SpoolConfig

/// Where the daemon and its spool are: the options of every command.
struct CommonOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "The configuration file; otherwise ./spoold.yaml, else /etc/spoold/spoold.yaml.", valueName: "file"))
    var configurationFile: String?

    /// - Parameter checkingRisk: Limits looser than their defaults stop the daemon, not the commands that look for it.
    func load(checkingRisk: Bool = false) throws(CommandFailure) -> LoadedConfiguration {
        do {
            return try ConfigurationLoader.load(
                explicitPath: self.configurationFile, environment: ProcessInfo.processInfo.environment,
                currentDirectory: FileManager.default.currentDirectoryPath, ignoringRisk: !checkingRisk)
        } catch {
            throw CommandFailure(error)
        }
    }

    func access() throws(CommandFailure) -> QueueAccess {
        QueueAccess(configuration: try self.load().configuration)
    }
}
