import Logging
import SpoolTestSupport
import Synchronization

/// Keeps what services log, so that a test can wait for a line.
final class LogBook: Sendable {
    struct Line: Equatable, Sendable {
        let level: Logger.Level
        let message: String
    }

    private struct State {
        var lines: [Line] = []
        var seen = 0
        var reader: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    var logger: Logger { Logger(label: "test") { _ in Handler(book: self) } }

    var lines: [Line] { self.state.withLock { $0.lines } }

    var errors: [String] { self.lines.filter { $0.level >= .error }.map(\.message) }

    /// Returns when a line that contains the text was logged after the last one that was waited for. For one reader.
    func wait(for text: String) async throws {
        try await waiting(for: "the log line “\(text)”") {
            while let count = self.pass(text) {
                await self.news(after: count)
                try Task.checkCancellation()
            }
        }
    }

    /// Passes over the unread lines up to the first with the text.
    /// - Returns: `nil`, or how many lines there are when none has it.
    private func pass(_ text: String) -> Int? {
        self.state.withLock { state in
            guard let index = state.lines[state.seen...].firstIndex(where: { $0.message.contains(text) }) else {
                return state.lines.count
            }
            state.seen = index + 1
            return nil
        }
    }

    private func news(after count: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = self.state.withLock { state in
                    guard state.lines.count == count, !Task.isCancelled else { return true }
                    state.reader = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            self.takeReader()?.resume()
        }
    }

    private func takeReader() -> CheckedContinuation<Void, Never>? {
        self.state.withLock { state in
            defer { state.reader = nil }
            return state.reader
        }
    }

    fileprivate func add(_ line: Line) {
        self.state.withLock { $0.lines.append(line) }
        self.takeReader()?.resume()
    }
}

private struct Handler: LogHandler {
    let book: LogBook
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        self.book.add(LogBook.Line(level: event.level, message: event.message.description))
    }
}
