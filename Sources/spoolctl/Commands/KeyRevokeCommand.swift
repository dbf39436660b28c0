import ArgumentParser
import SpoolCore

struct KeyRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "revoke", abstract: "End a key at once.")

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The key's id, from the list.", valueName: "id"))
    var id: PositiveNumber

    func run() async throws {
        let access = try self.common.access()
        _ = try await access.daemon()
        _ = try await access.post("/control/keys/\(self.id.value)/revoke", [:])
        try StandardOutput.write("revoked \(self.id.value)")
    }
}
