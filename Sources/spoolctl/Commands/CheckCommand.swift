import ArgumentParser
import SpoolConfig
import SpoolCore
import SpoolFiles

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Validate a file of messages and print all its errors; nothing is queued.",
        discussion: """
            Attachments are looked at below media/, of URLs only the form. What depends on the queue, a file or a \
            ref that was sent before, is not checked. Exits with 65 when the file or one of its rows would be refused.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("A .csv, .json, .jsonl or .ndjson file.", valueName: "file"))
    var file: String

    func run() async throws {
        let access = try self.common.access()
        guard self.file != "-" else { throw CommandFailure.usage("check reads a file, not standard input") }
        let source = try SourceFile(path: self.file)
        let name = source.name ?? DropFileName("")
        let devices = try await access.absence() == nil ? try await Self.deviceNames(access) : nil
        var faults: [FileCheck.Fault] = []
        let check = FileCheck(
            rules: access.configuration.readingRules, devices: devices, media: MediaCheck(access.configuration))
        let summary = try check.run(source.file.descriptor, name: name) { fault throws(CommandFailure) in
            if !self.json.isOn {
                try StandardOutput.write(FaultLine(fault.refusal, line: fault.line).text)
            } else if faults.count < CheckReport.maximumErrors {
                faults.append(fault)
            }
        }
        let report = CheckReport(
            file: name.description, summary: summary, faults: faults, checkedDevices: devices != nil)
        if self.json.isOn {
            try StandardOutput.write(report.json)
        } else {
            try StandardOutput.write(report.lines)
        }
        if !summary.isGood { throw CommandFailure.badData }
    }

    private static func deviceNames(_ access: QueueAccess) async throws(CommandFailure) -> Set<String> {
        Set(try await DaemonSource(client: access.client).devices().compactMap { $0["sessionId"]?.string })
    }
}
