public import SpoolCore

/// The names of the answers to one drop file.
///
/// They start with the drop file's own name, or, when an answer to that name exists or is still to come, with the name
/// and the batch number: `orders~42.csv`. All answers of a batch use the same start, so those of two never mix.
public struct ResultNames: Hashable, Sendable {
    /// The kinds of answer, each with what is appended to the start.
    public enum Answer: String, CaseIterable, Sendable {
        case accepted = ".accepted.json"
        case rejected = ".rejected.json"
        case resultCSV = ".result.csv"
        case resultJSON = ".result.json"
        case resultJSONLines = ".result.jsonl"
        case failed = ".failed.csv"
        case receipts = ".receipts.csv"
        case ok = ".ok"
        case some = ".some"
        case err = ".err"
    }

    /// What every name starts with; `results` in the answers.
    public let base: DropFileName

    /// The drop file's own name.
    public init(for file: DropFileName) {
        self.base = file
    }

    /// The drop file's name with the batch number before its last extension.
    public init(for file: DropFileName, batch: BatchID) {
        let number = Array("~\(batch)".utf8)
        let dot = file.bytes.lastIndex(of: UInt8(ascii: ".")) ?? file.bytes.endIndex
        self.base = DropFileName(bytes: file.bytes[..<dot] + number + file.bytes[dot...])
    }

    /// The names of an earlier choice, by the start that was stored.
    public init(base: DropFileName) {
        self.base = base
    }

    public func name(of answer: Answer) -> DropFileName {
        DropFileName(bytes: self.base.bytes + Array(answer.rawValue.utf8))
    }

    /// Whether any answer with these names lies in the directory.
    public func anyAnswerExists(in resultsDirectory: String) throws(IntakeError) -> Bool {
        for answer in Answer.allCases {
            if try FileObservation.look(at: SpoolPath(resultsDirectory, self.name(of: answer))) != nil { return true }
        }
        return false
    }
}
