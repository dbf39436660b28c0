import SpoolCore
import SpoolQueue
import Testing

@testable import SpoolDaemon

struct FetchTurnsTests {
    private let one = BatchID(rawValue: 1)
    private let two = BatchID(rawValue: 2)
    private let three = BatchID(rawValue: 3)

    private func media(_ number: Int64) -> MediaID { MediaID(rawValue: number) }

    @Test func `the batch that has waited longest comes first`() {
        var turns = FetchTurns()
        #expect(turns.order([self.two, self.one, self.three]) == [self.one, self.two, self.three])
        turns.begin(self.media(1), of: self.one)
        #expect(turns.order([self.one, self.two, self.three]) == [self.two, self.three, self.one])
        turns.begin(self.media(2), of: self.two)
        #expect(turns.order([self.one, self.two]) == [self.one, self.two])
        // A batch that wanted nothing for a while begins anew.
        #expect(turns.order([self.three, self.two]) == [self.three, self.two])
    }

    @Test func `one batch never has all places`() {
        var turns = FetchTurns()
        for number in 0..<Int64(FetchTurns.mostOfBatch) {
            #expect(turns.order([self.one]) == [self.one])
            turns.begin(self.media(number), of: self.one)
        }
        #expect(turns.order([self.one, self.two]) == [self.two])
        #expect(!turns.isFull && turns.isUnderWay(self.media(0)))
        turns.end(self.media(0))
        #expect(!turns.isUnderWay(self.media(0)))
        #expect(turns.order([self.one, self.two]) == [self.two, self.one])
    }

    @Test func `there are only so many places`() {
        var turns = FetchTurns()
        for number in 0..<Int64(FetchTurns.most) {
            #expect(!turns.isFull)
            turns.begin(self.media(number), of: BatchID(rawValue: number))
        }
        #expect(turns.isFull)
        turns.end(self.media(3))
        #expect(!turns.isFull)
    }
}
