import ArgumentParser
import SpoolCore

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what the daemon is doing.",
        discussion: "Exits with 69 when the daemon is not reachable, after what the database tells.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var json: JSONOption

    func run() async throws {
        let access = try self.common.access()
        guard let absence = try await access.absence() else {
            try Self.show(try await DaemonSource(client: access.client).status(), asJSON: self.json.isOn)
            return
        }
        let database = try access.database(insteadOf: absence)
        try Self.show(try await database.status(), asJSON: self.json.isOn)
        throw CommandFailure(absence)
    }

    private static func show(_ status: JSONValue, asJSON: Bool) throws(CommandFailure) {
        if asJSON {
            try StandardOutput.write(status)
        } else {
            try StandardOutput.write(Outline.lines(status))
        }
    }
}
