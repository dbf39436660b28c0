import ArgumentParser
import SpoolConfig

struct ConfigShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show every setting in force and where it comes from.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var json: JSONOption

    func run() async throws {
        let loaded = try self.common.load()
        var text = self.json.isOn ? loaded.renderJSON() : loaded.render()
        while text.hasSuffix("\n") { text.removeLast() }
        try StandardOutput.write(text)
    }
}
