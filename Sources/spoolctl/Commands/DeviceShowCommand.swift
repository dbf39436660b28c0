import ArgumentParser

struct DeviceShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show everything about one device.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("The device's name.", valueName: "name"))
    var name: String

    func run() async throws {
        let device = try await self.common.access().daemon().device(self.name)
        if self.json.isOn {
            try StandardOutput.write(device)
        } else {
            try StandardOutput.write(Outline.lines(device))
        }
    }
}
