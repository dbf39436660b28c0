import ArgumentParser
import SpoolCore

struct DeviceResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a device send again, after a pause or what stopped it.")

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The device's name.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("What was looked at; noted in the log.", valueName: "text"))
    var reason: String?

    func run() async throws {
        let access = try self.common.access()
        var fields: JSONValue = ["name": .string(self.name)]
        if let reason = self.reason { fields = fields.adding([.init("reason", .string(reason))]) }
        _ = try await access.post("/control/devices/resume", fields)
        try StandardOutput.write(TerminalText.safe("resumed \(self.name)"))
    }
}
