import Foundation
import Testing
import WhatsAppBinary

@testable import WhatsAppClient

@Suite struct ReceiptsTests {
    private func receipt(_ id: String, type: String? = nil, items: [String] = []) throws -> InboundReceipt {
        let list = items.isEmpty ? [] : [Node("list", children: items.map { Node("item", ["id": .string($0)]) })]
        return try #require(InboundReceipt(MessengerBench.receipt(id, type: type, children: list)))
    }

    @Test func `receipts are delivered, read, or none of our business`() throws {
        for type in [nil, "", "inactive"] { #expect(try self.receipt("A", type: type).kind == .delivered) }
        for type in ["read", "played"] { #expect(try self.receipt("A", type: type).kind == .read) }
        #expect(try self.receipt("A", type: "retry").kind == .retry)
        #expect(try self.receipt("A", type: "server-error").kind == .mediaMissing)
        for type in [
            "sender", "read-self", "played-self", "peer_msg", "hist_sync", "enc_rekey_retry", "new",
        ] { #expect(try self.receipt("A", type: type).kind == .other) }
    }

    @Test func `all ids count, each once, and not without bound`() throws {
        #expect(try self.receipt("A", items: ["B", "A", "C"]).ids == ["A", "B", "C"])
        let many = (0..<5000).map { "I\($0)" }
        #expect(try self.receipt("A", items: many).ids.count == InboundReceipt.idLimit + 1)
    }

    @Test func `a receipt of nothing or from nobody is none`() {
        #expect(InboundReceipt(Node("receipt", ["from": "2@lid"])) == nil)
        #expect(InboundReceipt(Node("receipt", ["id": "A"])) == nil)
    }

    @Test func `news goes forward only`() throws {
        var ledger = ReceiptLedger()
        func news(_ id: String, _ type: String? = nil, _ items: [String] = []) throws -> [String] {
            let receipt = try self.receipt(id, type: type, items: items)
            let news = ledger.news(in: receipt)
            ledger.record(receipt)
            return news
        }
        #expect(try news("A") == ["A"])
        #expect(try news("A") == [])
        #expect(try news("A", "read", ["B"]) == ["A", "B"])
        #expect(try news("A", "read") == [])
        #expect(try news("B", nil, ["C"]) == ["C"], "read implies delivered")
        #expect(try news("D", "sender") == [])
    }

    @Test func `a receipt for a message copies what tells it apart`() {
        let message = Node(
            "message", ["from": "2:3@lid", "id": "B", "participant": "3@lid", "recipient": "4@lid", "type": "text"])
        #expect(
            Node.receipt(for: message, type: "sender")
                == Node(
                    "receipt",
                    ["id": "B", "to": "2:3@lid", "participant": "3@lid", "recipient": "4@lid", "type": "sender"]))
        #expect(
            Node.refusing(message, code: 487)
                == Node(
                    "ack",
                    [
                        "class": "message", "id": "B", "to": "2:3@lid", "participant": "3@lid", "recipient": "4@lid",
                        "error": "487",
                    ]))
    }
}

@Suite struct RecentValuesTests {
    @Test func `the oldest keys are forgotten`() {
        var values = RecentValues<Int, Int>(limit: 3)
        for number in 0..<10 { values[number] = number }
        #expect((0..<10).filter { values[$0] != nil } == [7, 8, 9])
        values[8] = 80
        #expect(values[8] == 80 && values.count == 3)
        values[8] = nil
        #expect(values[8] == nil && values.count == 2)
        values[8] = 8
        values[10] = 10
        #expect((0...10).filter { values[$0] != nil } == [8, 9, 10])
    }
}
