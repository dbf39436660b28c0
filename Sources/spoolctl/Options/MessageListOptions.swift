import ArgumentParser

/// The conditions that both lists of messages know.
struct MessageListOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only messages of this device.", valueName: "device"))
    var device: String?

    @Option(help: ArgumentHelp("Only messages of this batch.", valueName: "batch"))
    var batch: PositiveNumber?

    @OptionGroup var limit: LimitOption

    var conditions: MessageConditions {
        MessageConditions(device: self.device, batch: self.batch?.value)
    }
}
