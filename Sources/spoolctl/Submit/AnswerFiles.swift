import Glibc
import SpoolConfig
import SpoolControl
import SpoolCore
import SpoolFiles

/// The daemon's answers to one drop file, where the caller may look at them.
struct AnswerFiles {
    private let directory: String
    private let names: ResultNames
    private let status: BatchState

    /// The most bytes of an answer that are read: it holds at most 10,000 ids and 1,000 errors.
    private static let maximumAnswer = 16 << 20

    init(_ batch: SubmittedBatch, of user: UserName, in configuration: DaemonConfiguration) {
        self.directory = SpoolLayout(root: configuration.spool.directory).results(of: user)
        self.names = batch.results
        self.status = batch.status
    }

    /// Whether the directory lets this user see what is in it.
    var canLook: Bool { Glibc.access(self.directory, X_OK) == 0 }

    func exists(_ answer: ResultNames.Answer) -> Bool {
        self.path(of: answer).withCString { Glibc.access($0, F_OK) } == 0
    }

    /// What there is to read, for people.
    var lines: [String] {
        var lines = self.errors
        for answer in ResultNames.Answer.allCases where self.exists(answer) {
            switch answer {
            case .resultCSV, .resultJSON, .resultJSONLines: lines.append("results: \(self.path(of: answer))")
            case .failed: lines.append("failed rows: \(self.path(of: answer))")
            case .rejected: lines.append("answer: \(self.path(of: answer))")
            case .accepted, .receipts, .ok, .some, .err: break
            }
        }
        return lines.isEmpty ? ["answers: \(self.path(of: self.status == .rejected ? .rejected : .accepted))"] : lines
    }

    /// The refusals in the answer.
    private var errors: [String] {
        let path = self.path(of: self.status == .rejected ? .rejected : .accepted)
        let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) }
        guard descriptor >= 0 else { return [] }
        let file = OpenFile(owning: descriptor)
        guard let bytes = Self.read(file), let answer = try? ControlAnswer(status: 200, body: bytes).json() else {
            return []
        }
        let whole = self.status == .rejected ? [FaultLine(answer).text] : []
        return whole + (answer["errors"]?.elements ?? []).map { FaultLine($0).text }
    }

    /// `nil` for a file that cannot be read or is no answer of ours.
    private static func read(_ file: OpenFile) -> [UInt8]? {
        guard let size = try? file.observe().size, size <= Self.maximumAnswer else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = bytes.withUnsafeMutableBytes { pread(file.descriptor, $0.baseAddress, $0.count, 0) }
        return count == bytes.count ? bytes : nil
    }

    private func path(of answer: ResultNames.Answer) -> SpoolPath {
        SpoolPath(self.directory, self.names.name(of: answer))
    }
}
