import SpoolCore
import SpoolQueue

/// Which attachments are being fetched, and whose turn it is next.
///
/// Batches take turns, and none has all places: servers that hold up one batch's fetches hold up no other batch's.
struct FetchTurns {
    /// How many files are fetched at a time, and how many of those may be one batch's.
    static let most = 8
    static let mostOfBatch = 4

    private var underWay: [MediaID: BatchID] = [:]
    private var turns: [BatchID: Int] = [:]
    private var lastTurn = 0

    var isFull: Bool { self.underWay.count >= Self.most }

    func isUnderWay(_ media: MediaID) -> Bool { self.underWay[media] != nil }

    /// Those of the batches that may fetch more, the one first that has waited longest.
    mutating func order(_ batches: [BatchID]) -> [BatchID] {
        let wanting = Set(batches)
        self.turns = self.turns.filter { wanting.contains($0.key) }
        let counts = self.underWay.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        return batches.filter { counts[$0, default: 0] < Self.mostOfBatch }
            .sorted { (self.turns[$0] ?? 0, $0) < (self.turns[$1] ?? 0, $1) }
    }

    mutating func begin(_ media: MediaID, of batch: BatchID) {
        self.lastTurn += 1
        self.turns[batch] = self.lastTurn
        self.underWay[media] = batch
    }

    mutating func end(_ media: MediaID) {
        self.underWay[media] = nil
    }
}
