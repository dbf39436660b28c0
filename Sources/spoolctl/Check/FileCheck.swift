import SpoolCore
import SpoolFiles

/// Reads a drop file as the daemon would, and queues nothing.
struct FileCheck {
    let rules: ReadingRules
    /// The daemon's devices; `nil` when they are not known, and rows may name any.
    let devices: Set<String>?
    let media: MediaCheck

    /// What reading a file came to.
    struct Summary: Equatable {
        var rows = 0
        /// Refused rows.
        var failed = 0
        /// The file says that one refused row rejects it all.
        var isStrict = false
        /// Why the file as a whole is refused, if it is.
        var refusal: Fault?

        /// Whether the daemon would take the file and every row of it.
        var isGood: Bool { self.refusal == nil && self.failed == 0 }
    }

    /// A refusal and the line it is about.
    struct Fault: Equatable {
        var refusal: Refusal
        var line: Int?
    }

    /// - Parameters:
    ///   - descriptor: Open for reading.
    ///   - report: Gets every refused row, in file order.
    func run(
        _ descriptor: Int32, name: DropFileName, report: (Fault) throws(CommandFailure) -> Void
    ) throws(CommandFailure) -> Summary {
        var summary = Summary()
        do {
            guard let format = DropFileFormat(name: name) else {
                throw DropFileError.refused(Self.unsupportedFormat, line: nil, isIncomplete: false)
            }
            _ = try FileInspection(descriptor: descriptor, maximumFile: self.rules.maximumFile)
            var reader = try DropFileReader(descriptor: descriptor, format: format, rules: self.rules)
            summary.isStrict = reader.batchFields.isStrict
            var refs: Set<String> = []
            var media = self.media
            while let row = try reader.next() {
                summary.rows = row.record
                guard let refusal = self.refusal(of: row, &refs, &media) else { continue }
                summary.failed += 1
                try report(Fault(refusal: refusal, line: row.line))
            }
            summary.refusal = Self.verdict(summary)
        } catch let error as DropFileError {
            summary.refusal = Fault(refusal: error.refusal, line: error.line)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.internalError, String(describing: error))
        }
        return summary
    }

    private static let unsupportedFormat = Refusal(
        .unsupportedFormat, "The file's name must end in .csv, .json, .jsonl or .ndjson")

    private func refusal(of row: DropRow, _ refs: inout Set<String>, _ media: inout MediaCheck) -> Refusal? {
        switch row.content {
        case .refused(let refusal): return refusal
        case .message(let message):
            if let device = message.device, let devices = self.devices, !devices.contains(device.rawValue) {
                let known = devices.sorted().prefix(10).joined(separator: ", ")
                return Refusal(
                    .unknownDevice, "There is no device of this name; there are: \(known)", field: "sessionId")
            }
            if let refusal = media.refusal(of: message) { return refusal }
            if let ref = message.ref, !refs.insert(ref).inserted {
                return Refusal(.duplicateRef, "A row before this one has the same ref", field: "ref")
            }
            return nil
        }
    }

    /// Why a file of which each row was read is refused all the same.
    private static func verdict(_ summary: Summary) -> Fault? {
        if summary.rows == 0 { return Fault(refusal: Refusal(.emptyFile, "The file has no message")) }
        if summary.failed == summary.rows { return Fault(refusal: Refusal(.validation, "No row is valid")) }
        guard summary.isStrict, summary.failed > 0 else { return nil }
        return Fault(refusal: Refusal(.validation, "The file is strict, and not every row is valid"))
    }
}
