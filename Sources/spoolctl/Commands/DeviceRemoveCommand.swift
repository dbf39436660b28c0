import ArgumentParser
import Glibc
import SpoolCore

struct DeviceRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Unlink a device and delete its keys; what only it may send fails.")

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The device's name.", valueName: "name"))
    var name: String

    @Flag(help: "Do not ask first.")
    var yes = false

    func run() async throws {
        let access = try self.common.access()
        if !self.yes, isatty(STDIN_FILENO) == 0 {
            throw CommandFailure.usage("remove asks first, and standard input is no terminal", "give --yes")
        }
        let device = try await access.daemon().device(self.name)
        if !self.yes, !self.confirms(device) { throw CommandFailure(.usage, "nothing was removed") }
        try self.report(try await access.post("/control/devices/remove", ["name": .string(self.name)]))
    }

    private func confirms(_ device: JSONValue) -> Bool {
        let number = device["number"].map { " (+\($0.words))" } ?? ""
        StandardError.prompt(
            "Remove device \(TerminalText.safe(self.name))\(number)? "
                + "Its keys are deleted, and messages that only it may send fail. [y/N] ")
        return ["y", "yes"].contains(readLine()?.lowercased())
    }

    private func report(_ answer: JSONValue) throws(CommandFailure) {
        let name = TerminalText.safe(self.name)
        try StandardOutput.write("removed \(name)")
        let failed = answer["failed"]?.integer ?? 0
        if failed > 0 { try StandardOutput.write("failed with DEVICE_LOST: \(failed)") }
        if !(answer["unlinked"]?.isTrue ?? false) {
            StandardError.write(
                "\(name) could not be unlinked at WhatsApp; remove it on the phone under Linked devices")
        }
    }
}
