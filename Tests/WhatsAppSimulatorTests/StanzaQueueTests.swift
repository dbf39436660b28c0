import Testing
import WhatsAppBinary

@testable import WhatsAppSimulator

struct StanzaQueueTests {
    private static func stanza(_ tag: String, _ id: String, type: String? = nil) throws -> Node {
        var node = Node(tag, ["id": .string(id), "from": .jid(try JID("200000000000002:1@lid"))])
        node.attributes["type"] = type.map { .string($0) }
        return node
    }

    private static func key(_ kind: String, _ id: String, type: String = "") -> StanzaQueue.Key {
        StanzaQueue.Key(kind: kind, id: id, from: "200000000000002:1@lid", type: type)
    }

    @Test func `stanzas stay in their order until they are settled`() throws {
        var queue = StanzaQueue()
        for id in ["1", "2", "3"] { queue.append(try Self.stanza("message", id)) }
        queue.append(try Self.stanza("message", "1"))
        #expect(queue.stanzas.map { $0.string("id") } == ["1", "2", "3"])
        guard case .settled(let node) = queue.settle(Self.key("message", "2")) else {
            Issue.record("not settled")
            return
        }
        #expect(node.string("id") == "2")
        #expect(queue.stanzas.map { $0.string("id") } == ["1", "3"])
    }

    @Test func `a second acknowledgement is told from one for nothing`() throws {
        var queue = StanzaQueue()
        queue.append(try Self.stanza("message", "1"))
        _ = queue.settle(Self.key("message", "1"))
        if case .again = queue.settle(Self.key("message", "1")) {} else { Issue.record("forgotten") }
        if case .unknown = queue.settle(Self.key("message", "9")) {} else { Issue.record("known") }
        #expect(queue.count == 0)
    }

    @Test func `receipts of two types are two stanzas, a message's type does not count`() throws {
        var queue = StanzaQueue()
        queue.append(try Self.stanza("receipt", "1"))
        queue.append(try Self.stanza("receipt", "1", type: "read"))
        queue.append(try Self.stanza("message", "1", type: "text"))
        #expect(queue.count == 3)
        if case .settled = queue.settle(Self.key("receipt", "1", type: "read")) {} else { Issue.record("no type") }
        if case .settled = queue.settle(Self.key("message", "1")) {} else { Issue.record("message") }
        #expect(queue.count == 1)
    }
}
