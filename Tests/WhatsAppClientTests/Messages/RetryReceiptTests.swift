import CryptoPrimitives
import Foundation
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary

@testable import WhatsAppClient

@Suite struct RetryReceiptTests {
    private let message = Node(
        "message", ["from": .jid(jid("2:3@lid")), "id": "B1", "t": "1700000100", "type": "text"])

    @Test func `the first request carries the registration id, later ones keys too, and both are read again`() throws {
        var generator = SeededGenerator(seed: 5)
        let identity = try LocalIdentity(using: &generator)
        let signed = try SignedPreKey(id: 1, signedBy: identity.identityKeyPair, using: &generator)
        let preKey = try PreKey(id: 77, using: &generator)
        let first = RetryReceipt(message: self.message, count: 1, identity: identity, keys: nil).node
        #expect(first.string("type") == "retry" && first.jid("to") == jid("2:3@lid"))
        #expect(first.children.map(\.tag) == ["retry", "registration"])
        #expect(first.child("retry") == Node("retry", ["count": "1", "id": "B1", "t": "1700000100", "v": "1"]))

        let keys = RetryReceipt.Keys(preKey: preKey, signedPreKey: signed, deviceIdentity: [9, 9])
        var second = RetryReceipt(message: self.message, count: 2, identity: identity, keys: keys).node
        #expect(second.child("keys")?.children.map(\.tag) == ["type", "identity", "key", "skey", "device-identity"])
        // The other side gets it from the server, with `from` in the place of `to`.
        second.attributes["from"] = .jid(jid("1:12@lid"))
        let request = try #require(RetryRequest(second))
        #expect(request.id == "B1" && request.count == 2 && request.registrationID == identity.registrationID)
        #expect(request.bundle == PreKeyBundle(of: identity, signedPreKey: signed, preKey: preKey))
    }

    @Test func `requests that say too little are none`() {
        for node in [
            MessengerBench.receipt(type: "retry"), MessengerBench.retry(count: 0), MessengerBench.retry(count: -3),
            MessengerBench.retry(from: jid("1@g.us")),
        ] { #expect(RetryRequest(node) == nil, "\(node)") }
        var unreadable = Node("keys", children: [Node("identity", bytes: [1])])
        unreadable.attributes["x"] = "y"
        #expect(RetryRequest(MessengerBench.retry(keys: unreadable))?.bundle == nil)
    }

    @Test func `five requests for a message at most, and the sender's count goes on`() {
        var ledger = RetryLedger()
        func next(_ id: String, _ announced: Int? = nil) -> Int? {
            ledger.next(id: id, sender: jid("2:3@lid"), announced: announced, now: 0)
        }
        #expect((0..<7).map { _ in next("A") } == [1, 2, 3, 4, 5, nil, nil])
        #expect(next("B", 3) == 4)
        #expect(next("B", 1) == 5)
        #expect(next("C", 5) == nil)
        #expect(next("D", .max) == nil)
        #expect(next("E", -7) == 1)
    }

    @Test func `an account gets no more than so many requests in an hour`() {
        var ledger = RetryLedger()
        func asked(_ device: String, now: Double) -> Int {
            (0..<100).count { ledger.next(id: "\($0)", sender: jid(device), announced: nil, now: now) != nil }
        }
        #expect(asked("2:3@lid", now: 0) == RetryLedger.hourlyLimit)
        #expect(asked("2:4@lid", now: 3599) == 0, "another device of the same account")
        #expect(asked("3@lid", now: 3599) == RetryLedger.hourlyLimit)
        #expect(asked("2:5@lid", now: 3600) == RetryLedger.hourlyLimit)
    }
}
