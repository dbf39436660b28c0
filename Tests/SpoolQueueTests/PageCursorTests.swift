import Testing

@testable import SpoolQueue

@Suite struct PageCursorTests {
    @Test(arguments: [(0, 0), (0, 1), (1_800_000_000_000, 42), (Int64.max, Int64.max)])
    func `a cursor reads what it wrote`(moment: Int64, id: Int64) {
        let cursor = PageCursor(moment: moment, id: id)
        #expect(PageCursor(cursor.description) == cursor)
    }

    @Test(arguments: [
        "", "-", "1", "1-", "-1", "1-2-3", "--1", "1--1", "a b-1", "1-é", "zzzzzzzzzzzzzzzz-1", "1-zzzzzzzzzzzzzzzz",
        "0.1-1",
        "1 -1", "1-\0",
    ])
    func `anything else is no cursor`(text: String) {
        #expect(PageCursor(text) == nil)
    }
}
