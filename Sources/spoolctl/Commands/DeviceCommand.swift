import ArgumentParser

struct DeviceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device", abstract: "Link and manage the devices that send.",
        subcommands: [
            DeviceAddCommand.self, DeviceListCommand.self, DeviceShowCommand.self, DevicePauseCommand.self,
            DeviceResumeCommand.self, DeviceRenameCommand.self, DeviceRemoveCommand.self,
        ])
}
