import Foundation
import Synchronization

/// The administrator's program that tells a person: the words come on its standard input, the kind of the alarm in
/// `SPOOLD_ALARM`. Run without a shell.
public struct AlarmCommand: Sendable {
    /// Its path, or its name to be looked for in `PATH`.
    public var program: String
    public var arguments: [String]
    /// How long it may run; `nil` for any time.
    public var limit: Duration?

    public init?(_ command: [String], limit: Duration?) {
        guard let program = command.first else { return nil }
        self.program = program
        self.arguments = Array(command.dropFirst())
        self.limit = limit
    }

    /// Runs it to its end, or ends it at its limit.
    func run(_ alarm: Alarm, clock: any Clock<Duration>) async throws(AlarmCommandError) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [self.program] + self.arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["SPOOLD_ALARM": alarm.kind]) { $1 }
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.standardError
        let (end, entry) = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in entry.finish() }
        do {
            try process.run()
        } catch {
            throw .cannotRun(error.localizedDescription)
        }
        // Fits into the pipe, so it does not wait for somebody who reads. A program may end without reading: how it
        // ended tells more than that.
        try? input.fileHandleForWriting.write(contentsOf: Data((alarm.words.prefix(4096) + "\n").utf8))
        try? input.fileHandleForWriting.close()
        let isInTime = await self.waits(for: end, clock)
        guard isInTime else {
            kill(process.processIdentifier, SIGKILL)
            throw .tookTooLong
        }
        guard process.terminationStatus == 0 else { throw .failed(process.terminationStatus) }
    }

    private func waits(for end: AsyncStream<Void>, _ clock: any Clock<Duration>) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in end {}
                return !Task.isCancelled
            }
            if let limit = self.limit, limit > .zero {
                group.addTask {
                    // A cancelled sleep ends the wait, as its end does.
                    try? await clock.sleep(for: limit)
                    return false
                }
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }
}

/// Why nobody was told.
enum AlarmCommandError: Error, Equatable, CustomStringConvertible {
    case cannotRun(String)
    case tookTooLong
    case failed(Int32)

    var description: String {
        switch self {
        case .cannotRun(let detail): "alarm.command cannot be run: \(detail)"
        case .tookTooLong: "alarm.command was ended: it ran longer than alarm.limit"
        case .failed(let status): "alarm.command ended with status \(status)"
        }
    }
}
