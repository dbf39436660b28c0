import ArgumentParser
import CLinux
import Foundation

/// The daemon's command line.
@main
struct Spoold: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "spoold",
        abstract: "A mailer for WhatsApp: sends what is dropped into its spool directory.",
        version: version,
        subcommands: [Run.self, Simulate.self])
}

extension Spoold {
    /// As ArgumentParser's own, but for the exit codes of `Failure`.
    static func main() async {
        // One for each thread would keep what a burst has freed. A daemon that waits most of the time needs few; that
        // the wish is refused costs memory only.
        _ = spool_limit_arenas(2)
        do {
            var command = try Self.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            FileHandle.standardError.write(Data("spoold: \(failure)\n".utf8))
            Foundation.exit(failure.code.rawValue)
        } catch {
            Self.exit(withError: error)
        }
    }
}
