import ArgumentParser

struct BatchesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batches", abstract: "List the drop files and how far each has come, the latest first.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var json: JSONOption
    @OptionGroup var limit: LimitOption

    func run() async throws {
        let printing = ListPrinting(
            query: .batches, columns: Columns.batches, maximum: self.limit.maximum, isJSON: self.json.isOn)
        try await printing.run(try await self.common.access().source())
    }
}
