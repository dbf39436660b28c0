import SpoolControl
import SpoolCore

/// Follows the linking of one device to its end.
actor Linking {
    private let name: String
    private let view: any LinkingView
    private var isLinked = false
    /// States that this version does not know.
    private var unknown: [String] = []

    private enum Ending {
        case connected
        case failed(CommandFailure)
        /// The daemon says no more.
        case silent
        case interrupted(signal: Int32)
    }

    /// How many unknown states are told of.
    private static let mostNotes = 5

    init(name: String, view: any LinkingView) {
        self.name = TerminalText.safe(name)
        self.view = view
    }

    /// - Parameters:
    ///   - lines: What the daemon tells; let go of when this returns, with which the linking is given up.
    ///   - clock: Counts the seconds for the view.
    ///   - interruption: Returns with the signal that ends it all, or when cancelled.
    /// - Throws: Unless the device is linked and connected.
    func run<Lines: AsyncSequence & Sendable>(
        _ lines: Lines, clock: some Clock<Duration>, interruption: @escaping @Sendable () async -> Int32?
    ) async throws(CommandFailure) where Lines.Element == JSONValue {
        let ending = await withTaskGroup(of: Ending?.self) { tasks in
            tasks.addTask { await self.follow(lines) }
            tasks.addTask { await self.count(clock) }
            tasks.addTask { await interruption().map { .interrupted(signal: $0) } }
            defer { tasks.cancelAll() }
            for await case let ending? in tasks { return ending }
            return .silent
        }
        await self.view.close()
        for state in self.unknown {
            StandardError.write("the daemon said \(state), which this version does not know; ignored")
        }
        if let failure = self.failure(ending) { throw failure }
    }

    private func follow<Lines: AsyncSequence & Sendable>(_ lines: Lines) async -> Ending
    where Lines.Element == JSONValue {
        do {
            for try await line in lines {
                let state = try LinkingState(line)
                try await self.view.show(state, line)
                if let ending = self.take(state) { return ending }
            }
            return .silent
        } catch let error as CommandFailure {
            return .failed(error)
        } catch let error as ControlError {
            // Whatever ends the line after that, the device is there.
            return self.isLinked ? .silent : .failed(CommandFailure(error))
        } catch {
            return .failed(CommandFailure(.internalError, String(describing: error)))
        }
    }

    private func take(_ state: LinkingState) -> Ending? {
        switch state {
        case .qr, .qrExhausted, .code, .codeExpired: return nil
        case .linked:
            self.isLinked = true
            return nil
        case .connected: return .connected
        case .failed(let code, let reason): return .failed(CommandFailure(linkingFailed: code, reason))
        case .unknown(let state):
            let state = String(state.prefix(64))
            if self.unknown.count < Self.mostNotes, !self.unknown.contains(state) { self.unknown.append(state) }
            return nil
        }
    }

    private func count(_ clock: some Clock<Duration>) async -> Ending? {
        do {
            while true {
                try await clock.sleep(for: .seconds(1))
                try await self.view.secondPassed()
            }
        } catch let error as CommandFailure {
            return .failed(error)
        } catch {
            return nil
        }
    }

    private func failure(_ ending: Ending) -> CommandFailure? {
        let linked = "\(self.name) is linked and connects by itself; see spoolctl device show \(self.name)"
        switch ending {
        case .connected: return nil
        case .failed(CommandFailure.outputClosed):
            return CommandFailure(.tryLater, "nobody reads standard output", self.isLinked ? linked : "given up")
        case .failed(let failure): return failure
        case .silent where self.isLinked: return CommandFailure(.tryLater, "not connected yet", linked)
        case .silent:
            return CommandFailure(
                .tryLater, "the daemon ended the linking of \(self.name) without a word", "see its log and try again")
        case .interrupted(let signal):
            return CommandFailure(
                interruptedBy: signal,
                self.isLinked ? linked : "given up; \(self.name) is not linked unless the phone says so")
        }
    }
}
