import ArgumentParser
import Foundation
import Testing

@testable import spoolctl

struct HelpTests {
    /// Every command with its whole help, as people see it at 80 columns.
    private static var help: String {
        let commands: [(String, any ParsableCommand.Type)] = [
            ("", Spoolctl.self), ("status", StatusCommand.self), ("submit", SubmitCommand.self),
            ("check", CheckCommand.self), ("queue", QueueCommand.self), ("history", HistoryCommand.self),
            ("show", ShowCommand.self), ("batches", BatchesCommand.self), ("cancel", CancelCommand.self),
            ("device", DeviceCommand.self), ("device add", DeviceAddCommand.self),
            ("device list", DeviceListCommand.self), ("device show", DeviceShowCommand.self),
            ("device pause", DevicePauseCommand.self), ("device resume", DeviceResumeCommand.self),
            ("device rename", DeviceRenameCommand.self), ("device remove", DeviceRemoveCommand.self),
            ("key", KeyCommand.self), ("key add", KeyAddCommand.self), ("key list", KeyListCommand.self),
            ("key revoke", KeyRevokeCommand.self), ("config", ConfigCommand.self),
            ("config check", ConfigCheckCommand.self), ("config show", ConfigShowCommand.self),
        ]
        return commands.map { name, command in
            "==== spoolctl \(name)\n\(Spoolctl.helpMessage(for: command, columns: 80))\n"
        }.joined(separator: "\n")
    }

    @Test func `the help tells what there is, and nothing else`() throws {
        let reference = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "References/help.ref")
        #expect(try String(contentsOf: reference, encoding: .utf8) == Self.help)
    }
}
