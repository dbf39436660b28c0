import ArgumentParser

struct KeyListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the keys, never their text.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var json: JSONOption

    func run() async throws {
        let printing = ListPrinting(query: .keys, columns: Columns.keys, maximum: nil, isJSON: self.json.isOn)
        try await printing.run(try await self.common.access().source())
    }
}
