import ArgumentParser
import SpoolCore

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List the messages that were sent, failed or were cancelled, the latest first.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var json: JSONOption

    /// The states in which messages stay.
    enum Status: String, CaseIterable, ExpressibleByArgument {
        case sent
        case failed
        case cancelled
    }

    @Option(help: ArgumentHelp("Only messages of this status.", valueName: "status"))
    var status: Status?

    @OptionGroup var list: MessageListOptions

    @Option(help: ArgumentHelp("Only from this day on, in the configured time zone.", valueName: "YYYY-MM-DD"))
    var from: CalendarDay?

    @Option(help: ArgumentHelp("Only up to this day.", valueName: "YYYY-MM-DD"))
    var to: CalendarDay?

    @Option(help: ArgumentHelp("Only messages to this number or group.", valueName: "number"))
    var number: RecipientArgument?

    @Option(help: ArgumentHelp("Only the messages with this ref.", valueName: "ref"))
    var ref: String?

    func validate() throws {
        if let from = self.from, let to = self.to, to.date.daysSince1970 < from.date.daysSince1970 {
            throw ValidationError("--to lies before --from")
        }
    }

    var conditions: MessageConditions {
        var conditions = self.list.conditions
        conditions.status = self.status.flatMap { MessageState(rawValue: $0.rawValue) }
        conditions.from = self.from
        conditions.to = self.to
        conditions.number = self.number?.address
        conditions.ref = self.ref
        return conditions
    }

    func run() async throws {
        let printing = ListPrinting(
            query: .history(self.conditions), columns: Columns.history, maximum: self.list.limit.maximum,
            isJSON: self.json.isOn)
        try await printing.run(try await self.common.access().source())
    }
}
