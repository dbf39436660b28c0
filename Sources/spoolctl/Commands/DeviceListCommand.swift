import ArgumentParser

struct DeviceListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the devices, their state and their limits.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var json: JSONOption

    func run() async throws {
        let devices = try await self.common.access().daemon().devices()
        guard !self.json.isOn else { return try StandardOutput.write(devices.map(TerminalText.json)) }
        var table = Table(Columns.devices)
        try StandardOutput.write(table.lines(devices))
        if devices.contains(where: { $0["dryRun"]?.isTrue ?? false }) {
            try StandardOutput.write(ListPrinting.dryRunNote)
        }
    }
}
