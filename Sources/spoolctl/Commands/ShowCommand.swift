import ArgumentParser

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one message with its attempts.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("The message's queue id.", valueName: "id"))
    var id: PositiveNumber

    func run() async throws {
        guard let message = try await self.common.access().source().message(self.id.value) else {
            throw CommandFailure(
                .badData, "there is no message \(self.id.value)", "see spoolctl queue and spoolctl history")
        }
        if self.json.isOn {
            try StandardOutput.write(message)
        } else {
            try StandardOutput.write(Outline.lines(message))
        }
    }
}
