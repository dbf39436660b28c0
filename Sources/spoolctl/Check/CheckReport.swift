import SpoolCore

/// What `check` says about one file.
struct CheckReport {
    let file: String
    let summary: FileCheck.Summary
    /// The first refused rows.
    let faults: [FileCheck.Fault]
    /// Whether the devices that rows name were looked up.
    let checkedDevices: Bool

    static let maximumErrors = 1000

    var json: JSONValue {
        let head: JSONValue = [
            "success": .bool(self.summary.isGood), "file": .string(self.file), "rows": .number(self.summary.rows),
            "valid": .number(self.summary.rows - self.summary.failed), "failed": .number(self.summary.failed),
            "devicesChecked": .bool(self.checkedDevices),
        ]
        let refusal = self.summary.refusal.map { Self.members(of: $0) } ?? []
        let errors = self.faults.prefix(Self.maximumErrors).map { fault in
            JSONValue.object(
                [.init("line", .number(fault.line)), .init("success", false)]
                    + Self.members(of: fault).filter { $0.key != "line" })
        }
        return head.adding(refusal + [.init("errors", .array(errors))])
    }

    /// What follows the refused rows, for people.
    var lines: [String] {
        var lines: [String] = []
        if let refusal = self.summary.refusal {
            lines.append("the file would be refused: \(FaultLine(refusal.refusal, line: refusal.line).text)")
        }
        let valid = self.summary.rows - self.summary.failed
        lines.append(
            "\(TerminalText.safe(self.file)): \(self.summary.rows) rows, \(valid) valid, \(self.summary.failed) refused"
        )
        if !self.checkedDevices {
            lines.append("not checked, because the daemon is not reachable: whether the devices named exist")
        }
        return lines
    }

    private static func members(of fault: FileCheck.Fault) -> [JSONValue.Member] {
        [
            .init("error", .string(fault.refusal.message)), .init("code", .string(fault.refusal.code.rawValue)),
            .init("line", .number(fault.line)), .init("field", .text(fault.refusal.field)),
        ]
    }
}
