import Foundation
import SpoolCore
import Testing

@testable import SpoolFiles

/// Result files of an original given as text, its rows made from what the reader says of them.
struct Writing {
    var original: String
    var format: DropFileFormat
    var pieceSize = 65536

    /// Refused rows failed as they were refused; taken ones were sent, but for every third, which failed.
    var rows: [ResultRow] {
        Reading(self.original, self.format).rows.map { row in
            switch row.content {
            case .refused(let refusal):
                ResultRow(
                    record: row.record, queueID: nil, status: .failed, errorCode: refusal.code, error: refusal.message)
            case .message where row.record.isMultiple(of: 3):
                ResultRow(
                    record: row.record, queueID: QueueID(rawValue: Int64(100 + row.record)), status: .failed,
                    wireID: WireMessageID(rawValue: "3EB0AA\(row.record)"), device: DeviceID(rawValue: "dev1"),
                    errorCode: .rejected, error: "=463, \"try\" later")
            case .message:
                ResultRow(
                    record: row.record, queueID: QueueID(rawValue: Int64(100 + row.record)), status: .sent,
                    wireID: WireMessageID(rawValue: "3EB0AA\(row.record)"), device: DeviceID(rawValue: "dev1"),
                    sentAt: Date(milliseconds: 1_795_257_720_000 + Int64(row.record)),
                    deliveredAt: row.record == 1 ? Date(milliseconds: 1_795_257_721_500) : nil)
            }
        }
    }

    func result(rows: [ResultRow]? = nil) throws -> String {
        try self.write(rows ?? self.rows) { writer, rows, sink in try writer.writeResult(rows: rows, to: sink) }
    }

    func failed(rows: [ResultRow]? = nil) throws -> String {
        try self.write(rows ?? self.rows) { writer, rows, sink in try writer.writeFailed(rows: rows, to: sink) }
    }

    private func write(
        _ rows: [ResultRow],
        _ body: (ResultFileWriter, @escaping () -> ResultRow?, @escaping ([UInt8]) -> Void) throws -> Void
    ) throws -> String {
        let file = NamelessFile(self.original)
        let writer = ResultFileWriter(
            descriptor: file.descriptor, format: self.format, rules: ReadingRules(), batch: BatchID(rawValue: 42),
            pieceSize: self.pieceSize)
        var rest = rows[...]
        var output: [UInt8] = []
        try body(writer, { rest.popFirst() }, { output += $0 })
        return String(decoding: output, as: UTF8.self)
    }
}

/// Compares a whole output with the checked-in file of that name.
///
/// With `SPOOL_WRITE_REFERENCES` set, the files are written first, to be looked at before they are checked in.
func expectReference(_ output: String, _ name: String, _ location: SourceLocation = #_sourceLocation) throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "References/\(name).ref")
    if ProcessInfo.processInfo.environment["SPOOL_WRITE_REFERENCES"] != nil {
        try Data(output.utf8).write(to: url)
    }
    let reference = String(decoding: try Data(contentsOf: url), as: UTF8.self)
    #expect(output == reference, sourceLocation: location)
}
