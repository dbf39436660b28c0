import ArgumentParser
import SpoolCore

struct DevicePauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Let a device send nothing until it is resumed.")

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The device's name.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("Why; shown where its messages wait.", valueName: "text"))
    var reason: String?

    func run() async throws {
        let access = try self.common.access()
        var fields: JSONValue = ["name": .string(self.name)]
        if let reason = self.reason { fields = fields.adding([.init("reason", .string(reason))]) }
        _ = try await access.post("/control/devices/pause", fields)
        try StandardOutput.write(TerminalText.safe("paused \(self.name)"))
    }
}
