import ArgumentParser

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Manage the keys of the HTTP API.",
        subcommands: [KeyAddCommand.self, KeyListCommand.self, KeyRevokeCommand.self])
}
