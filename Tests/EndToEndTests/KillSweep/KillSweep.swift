import Foundation
import Glibc
import SpoolTestSupport

/// A daemon that is killed and started again, over and over, while it imports, sends and reports.
struct KillSweep {
    /// Where one kill is aimed. Only the last moment before it is waited for; the rest is chance.
    enum Aim {
        /// So long after the start.
        case afterStart(Duration)
        /// So long after a file has been taken.
        case afterTaking(Duration)
        /// So long after something new, but for the first answer, came into `results`.
        case afterResultBegan(Duration)
    }

    let daemon: TestDaemon
    private(set) var survey = KillSurvey()
    private var generator: SeededGenerator

    init(_ daemon: TestDaemon, seed: UInt64) {
        self.daemon = daemon
        self.generator = SeededGenerator(seed: seed)
    }

    /// A moment before `limit`.
    mutating func moment(before limit: Int) -> Duration {
        .microseconds(Int.random(in: 0..<limit * 1000, using: &self.generator))
    }

    mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self.generator) == 0 }

    /// Starts the daemon, kills it and looks at what it left.
    /// - Parameter file: Dropped before the start, or while it runs.
    mutating func kill(_ aim: Aim, dropping file: (name: String, text: String)? = nil, isRunning: Bool = false)
        async throws
    {
        let answers = Set(try self.daemon.names(in: "results"))
        if let file, !isRunning { try self.daemon.drop(file.text, as: file.name) }
        if isRunning { try await self.daemon.start() } else { try self.daemon.launch() }
        if let file, isRunning { try self.daemon.drop(file.text, as: file.name) }
        switch aim {
        case .afterStart(let delay):
            // A moment is what this is about: there is no event to wait for.
            try await Task.sleep(for: delay)
        case .afterTaking(let delay):
            try await self.waitFor("importing", upTo: .seconds(2)) { $0 != ".lock" }
            try await Task.sleep(for: delay)
        case .afterResultBegan(let delay):
            try await self.waitFor("results", upTo: .seconds(30)) { !answers.contains($0) && !$0.contains("accepted") }
            try await Task.sleep(for: delay)
        }
        self.daemon.signal(SIGKILL)
        guard try await self.daemon.end() == .killed(by: SIGKILL) else {
            throw KillSurvey.Broken(description: "the daemon ended by itself:\n\(self.daemon.log.suffix(2000))")
        }
        try self.survey.look(at: self.daemon)
    }

    /// Waits for a name in a directory; when it does not come in time, the kill falls on any moment.
    private func waitFor(
        _ directory: String, upTo limit: Duration, _ condition: @escaping @Sendable (String) -> Bool
    ) async throws {
        let end = ContinuousClock.now + limit
        while try !self.daemon.names(in: directory).contains(where: condition), ContinuousClock.now < end {
            try await Task.sleep(for: .microseconds(500))
        }
    }
}
