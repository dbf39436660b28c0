import ArgumentParser
import Foundation
import SpoolCore
import UnixSignals

struct DeviceAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Link a device to a WhatsApp account, or link one anew that was unlinked.",
        discussion: """
            Shows a QR code to be scanned, or with --phone a code to be typed, and waits until the device is connected. \
            Exits with 75 when it was not linked in time or is linked and not connected yet, and with 130 on Ctrl-C, \
            which gives up.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The device's name, sessionId in files and answers.", valueName: "name"))
    var name: String

    @Option(
        help: ArgumentHelp(
            "The account's number with the country's code: link by a code typed on the phone.", valueName: "number"),
        transform: PhoneArgument.init(argument:))
    var phone: PhoneArgument?

    @Flag(help: "Print the daemon's JSON: a line for each QR text, code and state.")
    var json = false

    func run() async throws {
        var body: [JSONValue.Member] = [.init("name", .string(self.name))]
        if let phone = self.phone { body.append(.init("phone", .string(phone.digits))) }
        let lines = try await self.common.access().lines("/control/devices", .object(body))
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        try await Linking(name: self.name, view: self.view).run(lines, clock: ContinuousClock()) {
            for await signal in signals { return signal.rawValue }
            return nil
        }
    }

    private var view: any LinkingView {
        guard !self.json else { return LinkingLines() }
        let words = LinkingWords(name: self.name, phone: self.phone?.digits)
        guard let terminal = Terminal.standardOutput(environment: ProcessInfo.processInfo.environment) else {
            return LinkingTranscript(words: words)
        }
        return LinkingDisplay(words: words, terminal: terminal, clock: ContinuousClock())
    }
}
