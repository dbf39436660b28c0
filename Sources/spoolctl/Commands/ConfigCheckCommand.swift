import ArgumentParser
import SpoolConfig

struct ConfigCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Print everything that would keep the daemon from starting.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let files = try self.common.load(checkingRisk: true).files
        try StandardOutput.write(
            files.isEmpty ? "no configuration file; the defaults are fine" : "fine: \(files.joined(separator: ", "))")
    }
}
