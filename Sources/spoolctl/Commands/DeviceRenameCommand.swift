import ArgumentParser
import SpoolCore

struct DeviceRenameCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Give a device another name, in its messages too.")

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The device's name.", valueName: "name"))
    var name: String

    @Argument(help: ArgumentHelp("The name it gets.", valueName: "to"))
    var to: String

    func run() async throws {
        let access = try self.common.access()
        _ = try await access.daemon().device(self.name)
        _ = try await access.post("/control/devices/rename", ["name": .string(self.name), "to": .string(self.to)])
        try StandardOutput.write(TerminalText.safe("renamed \(self.name) to \(self.to)"))
    }
}
