import Testing
import WhatsAppBinary

@testable import WhatsAppClient

@Suite struct RequestTableTests {
    private typealias Table = RequestTable<Int>

    @Test func `a request is answered once`() {
        var table = Table()
        table.insert(1, for: Table.Key(.query, "a"), now: .zero)
        #expect(table.remove(Table.Key(.message, "a")) == nil)
        #expect(table.remove(Table.Key(.query, "a"))?.waiter == 1)
        #expect(table.remove(Table.Key(.query, "a")) == nil)
        #expect(table.isEmpty && table.deadline == nil)
    }

    @Test func `those that wait too long are taken out, oldest first`() {
        var table = Table()
        for number in 0..<10 { table.insert(number, for: Table.Key(.query, "\(number)"), now: .seconds(number)) }
        table.markLeft(Table.Key(.query, "1"))
        _ = table.remove(Table.Key(.query, "0"))
        _ = table.remove(Table.Key(.query, "2"))
        #expect(table.deadline == .seconds(76))
        #expect(table.removeOverdue(now: .milliseconds(75_999)).isEmpty)
        let overdue = table.removeOverdue(now: .seconds(78))
        #expect(overdue.map(\.waiter) == [1, 3])
        #expect(overdue.map(\.mayHaveLeft) == [true, false])
        #expect(table.deadline == .seconds(79))
        #expect(table.removeAll().map(\.waiter) == [4, 5, 6, 7, 8, 9])
        #expect(table.deadline == nil)
    }

    @Test func `an id that is used again is another request`() {
        var table = Table()
        let key = Table.Key(.message, "a")
        table.insert(1, for: key, now: .zero)
        _ = table.remove(key)
        table.insert(2, for: key, now: .seconds(50))
        #expect(table.removeOverdue(now: .seconds(80)).isEmpty)
        #expect(table.removeOverdue(now: .seconds(125)).map(\.waiter) == [2])
    }

    @Test func `only answers count as answers`() {
        #expect(Table.Key(answer: Node("iq", ["type": "result", "id": "1"])) == Table.Key(.query, "1"))
        #expect(Table.Key(answer: Node("iq", ["type": "error", "id": "1"])) == Table.Key(.query, "1"))
        #expect(Table.Key(answer: Node("ack", ["class": "message", "id": "1"])) == Table.Key(.message, "1"))
        #expect(Table.Key(answer: Node("ack", ["id": "1"])) == Table.Key(.message, "1"))
        for stanza in [
            Node("iq", ["type": "get", "id": "1"]), Node("iq", ["type": "set", "id": "1"]), Node("iq", ["id": "1"]),
            Node("ack", ["class": "receipt", "id": "1"]), Node("iq", ["type": "result"]),
            Node("message", ["id": "1"]),
        ] {
            #expect(Table.Key(answer: stanza) == nil)
        }
    }
}
