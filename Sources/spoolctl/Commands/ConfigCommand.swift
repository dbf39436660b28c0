import ArgumentParser

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the daemon's configuration.",
        subcommands: [ConfigCheckCommand.self, ConfigShowCommand.self])
}
