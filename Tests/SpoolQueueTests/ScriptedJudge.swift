import SpoolCore
import Synchronization

/// Gives verdicts in their order, then `.send`, and remembers what it was asked.
final class ScriptedJudge: Sendable {
    private let state: Mutex<(verdicts: [Verdict], seen: [Candidate])>
    private let rule: @Sendable (Candidate) -> Verdict?

    /// - Parameter rule: Asked first; where it has no answer the next verdict of the list is given.
    init(_ verdicts: [Verdict] = [], rule: @escaping @Sendable (Candidate) -> Verdict? = { _ in nil }) {
        self.state = Mutex((verdicts[...].map { $0 }, []))
        self.rule = rule
    }

    var seen: [Candidate] { self.state.withLock { $0.seen } }

    @Sendable func decide(_ candidate: Candidate) -> Verdict {
        let ruled = self.rule(candidate)
        return self.state.withLock { state in
            state.seen.append(candidate)
            if let ruled { return ruled }
            return state.verdicts.isEmpty ? .send : state.verdicts.removeFirst()
        }
    }
}
