import ArgumentParser
import Foundation
import SpoolConfig
import SpoolCore

struct KeyAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Make a key and print it: this once, it is stored only as a hash.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("What the key is for.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("Whose messages the key sees; otherwise the user default's.", valueName: "user"))
    var user: UserName?

    @Flag(help: "The key sees the messages of all users.")
    var admin = false

    @Option(help: ArgumentHelp("The key's last day (2026-12-31), or how long it lives (30d).", valueName: "date"))
    var expires: KeyExpiry?

    func validate() throws {
        if self.admin, self.user != nil { throw ValidationError("--user and --admin exclude each other") }
        guard (1...128).contains(self.name.unicodeScalars.count) else {
            throw ValidationError("the name must have 1 to 128 characters")
        }
    }

    func run() async throws {
        let access = try self.common.access()
        let expiresAt = try self.expires?.moment(now: Date(), in: access.configuration.timeZone.timeZone)
        _ = try await access.daemon()
        let answer = try await access.post("/control/keys", self.body(expiresAt))
        guard let id = answer["id"]?.integer, let key = answer["key"]?.string else {
            throw CommandFailure(.internalError, "the daemon's answer has no key")
        }
        if self.json.isOn {
            try StandardOutput.write(["id": .number(id), "key": .string(key)])
        } else {
            try StandardOutput.write(["id   \(id)", "key  \(TerminalText.safe(key))"])
        }
    }

    private func body(_ expiresAt: Date?) -> JSONValue {
        var members: [JSONValue.Member] = [.init("name", .string(self.name))]
        if !self.admin { members.append(.init("user", .string((self.user ?? .default).rawValue))) }
        if let expiresAt { members.append(.init("expiresAt", .moment(expiresAt))) }
        return .object(members)
    }
}
