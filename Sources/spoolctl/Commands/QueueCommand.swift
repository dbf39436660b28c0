import ArgumentParser
import SpoolCore

struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "List the messages that wait or are being sent.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var json: JSONOption

    /// The states of messages in the queue.
    enum Status: String, CaseIterable, ExpressibleByArgument {
        case pending
        case processing
    }

    @Option(help: ArgumentHelp("Only messages of this status.", valueName: "status"))
    var status: Status?

    @OptionGroup var list: MessageListOptions

    var conditions: MessageConditions {
        var conditions = self.list.conditions
        conditions.status = self.status.flatMap { MessageState(rawValue: $0.rawValue) }
        return conditions
    }

    func run() async throws {
        let printing = ListPrinting(
            query: .queue(self.conditions), columns: Columns.queue, maximum: self.list.limit.maximum,
            isJSON: self.json.isOn)
        try await printing.run(try await self.common.access().source())
    }
}
