import CryptoPrimitives
import Foundation
import NoiseProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppProto

@testable import WhatsAppClient

@Suite struct WhatsAppSessionTests {
    @Test func `a linked device logs in as itself, prepares, becomes active and is drained`() async throws {
        let end = try await SessionBench().run { bench in
            let server = try await bench.accept()
            #expect(server.payload.username == 15_551_234_567)
            #expect(server.payload.device == 7)
            #expect(await server.clientKey == bench.store.credentials.keys.noiseKey.publicKey)
            #expect(server.header.routingInfo == nil)
            try await server.acceptLogin()
            try await server.send(Node("ib", children: [Node("offline", ["count": "0"])]))
            #expect(try await bench.nextTold() == .phase(.loggedIn))
            #expect(try await bench.nextTold() == .phase(.connected))
            #expect(try await bench.nextTold() == .event(.connected))
            #expect(try await bench.nextTold() == .phase(.drained))
            #expect(try await bench.nextTold() == .event(.drained))
            #expect(await bench.session.isOnline)
        }
        #expect(end == .stopped)
    }

    @Test func `stopping closes the pipe in good order and tells it`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            await bench.session.stop()
            #expect(try await server.isClosed())
            #expect(try await bench.expect(.event(.ended(.stopped))) == [.phase(.disconnected)])
        }
    }

    @Test func `cancelling the task ends the session`() async throws {
        let bench = try SessionBench()
        let task = Task { await bench.session.run() }
        let server = try await bench.acceptLogin()
        task.cancel()
        #expect(await task.value == .stopped)
        #expect(try await server.isClosed())
    }

    @Test func `a session can be run again, but not twice at once`() async throws {
        let bench = try SessionBench()
        for _ in 0..<2 {
            try await bench.run { bench in
                _ = try await bench.acceptLogin()
                #expect(await bench.session.run() == .stopped)
                #expect(await bench.session.isOnline)
            }
        }
    }

    // MARK: Requests

    @Test func `answers find their requests in any order`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            async let first = bench.session.query(.iq("get", xmlns: "one"))
            let one = try await server.receive("iq") { $0.string("xmlns") == "one" }
            async let second = bench.session.query(.iq("get", xmlns: "two"))
            let two = try await server.receive("iq") { $0.string("xmlns") == "two" }
            #expect(one.string("id") != two.string("id"))
            try await server.answer(two, [Node("second")])
            try await server.answer(one, [Node("first")])
            #expect(try await first.child("first") != nil)
            #expect(try await second.child("second") != nil)
        }
    }

    @Test func `an error as answer is thrown with code, text and waiting time`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            let answer = Task { try await bench.session.query(.iq("get", xmlns: "usync")) }
            let iq = try await server.receive("iq") { $0.string("xmlns") == "usync" }
            try await server.refuse(iq, code: 429, ["text": "rate-overlimit", "backoff": "30"])
            await #expect(
                throws: ClientError.refused(IQError(code: 429, text: "rate-overlimit", backoff: .seconds(30)))
            ) { _ = try await answer.value }
        }
    }

    @Test func `a message waits for its own acknowledgement`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            let message = Node("message", ["id": "3EB0AA", "to": .jid(jid("1@lid"))])
            async let ack = bench.session.sendMessage(message, id: "3EB0AA")
            #expect(try await server.receive("message").string("id") == "3EB0AA")
            await #expect(throws: ClientError.duplicateID("3EB0AA")) {
                try await bench.session.sendMessage(message, id: "3EB0AA")
            }
            let other = Node("ack", ["class": "message", "id": "3EB0BB"])
            try await server.send(other)
            try await server.send(Node("ack", ["class": "receipt", "id": "3EB0AA"]))
            try await server.send(Node("ack", ["class": "message", "id": "3EB0AA", "error": "463"]))
            #expect(try await ack.string("error") == "463")
            #expect(try await bench.nextTold() == .stanza(other))
        }
    }

    @Test func `a request of the server's with the id of ours is no answer`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            async let answer = bench.session.query(.iq("get", xmlns: "one"))
            let iq = try await server.receive("iq") { $0.string("xmlns") == "one" }
            let id = try unwrap(iq.attributes["id"])
            try await server.send(
                Node("iq", ["from": .jid(.service), "type": "get", "id": id, "xmlns": "urn:xmpp:ping"]))
            #expect(try await server.receive("iq").string("type") == "result")
            try await server.answer(iq, [Node("first")])
            #expect(try await answer.child("first") != nil)
        }
    }

    @Test func `requests wait 75 seconds`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            let answer = Task { try await bench.session.query(.iq("get", xmlns: "one")) }
            _ = try await server.receive("iq") { $0.string("xmlns") == "one" }
            let pings = Task {
                while true { try await server.answer(try await server.receive("iq")) }
            }
            for _ in 0..<15 {
                try await bench.settle()
                await bench.pass(.seconds(5))
            }
            await #expect(throws: ClientError.timedOut(mayHaveLeft: true)) { _ = try await answer.value }
            #expect(await bench.session.isOnline)
            pings.cancel()
        }
    }

    @Test func `a lost connection releases everybody, and says that a byte may have left`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            let query = Task { try await bench.session.query(.iq("get", xmlns: "one")) }
            _ = try await server.receive("iq") { $0.string("xmlns") == "one" }
            let message = Task { try await bench.session.sendMessage(Node("message", ["id": "1"]), id: "1") }
            _ = try await server.receive("message")
            await server.pipe.fail(.network(reason: "cable"))
            await #expect(throws: ClientError.connectionLost(mayHaveLeft: true)) { _ = try await query.value }
            await #expect(throws: ClientError.connectionLost(mayHaveLeft: true)) { _ = try await message.value }
        }
    }

    @Test func `what was still waiting to be written has not left`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            // The pipe holds 64 messages that nobody reads; one more waits in its send.
            await withTaskGroup(of: Bool.self) { group in
                for number in 0..<100 {
                    let id = String(number)
                    group.addTask {
                        do throws(ClientError) {
                            _ = try await bench.session.sendMessage(Node("message", ["id": .string(id)]), id: id)
                            return true
                        } catch {
                            return error.mayHaveLeft
                        }
                    }
                }
                try? await eventually("the pipe to be full") {
                    await bench.session.connection?.outbox.count ?? 0 > 30
                }
                await server.pipe.fail(.network(reason: "cable"))
                var left = 0
                for await mayHaveLeft in group where mayHaveLeft { left += 1 }
                #expect(left > 55 && left < 70)
            }
        }
    }

    @Test func `a cancelled request ends at once`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            let task = Task { try await bench.session.query(.iq("get", xmlns: "one")) }
            _ = try await server.receive("iq") { $0.string("xmlns") == "one" }
            task.cancel()
            await #expect(throws: ClientError.cancelled(mayHaveLeft: true)) { try await task.value }
            #expect(await bench.session.isOnline)
        }
    }

    @Test func `nothing is sent without a connection`() async throws {
        let bench = try SessionBench()
        await #expect(throws: ClientError.notConnected) { _ = try await bench.session.query(.iq("get", xmlns: "x")) }
        await #expect(throws: ClientError.notConnected) { try await bench.session.send(Node("presence")) }
        await #expect(throws: ClientError.notConnected) {
            _ = try await bench.session.sendMessage(Node("message"), id: "1")
        }
    }

    @Test func `a stanza without form on the wire is refused, and the connection goes on`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            await #expect(throws: ClientError.unsendable(.emptyTag)) { try await bench.session.send(Node("")) }
            try await bench.session.send(Node("presence", ["type": "available"]))
            #expect(try await server.receive("presence").string("type") == "available")
        }
    }

    @Test func `frames of many tasks are counted as they go out`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<300 {
                    group.addTask { try? await bench.session.send(Node("receipt", ["id": .integer(number)])) }
                }
                var ids: Set<String> = []
                // Each is decrypted with the counter of its place.
                while ids.count < 300, let receipt = try? await server.receive("receipt") {
                    ids.insert(receipt.string("id") ?? "")
                }
                #expect(ids.count == 300)
            }
        }
    }

    @Test func `presence, typing and logging out are stanzas of their own`() async throws {
        let bench = try SessionBench()
        let end = try await bench.run { bench in
            let server = try await bench.acceptLogin()
            try await bench.session.sendPresence(.available, name: "Shop")
            #expect(try await server.receive("presence").string("name") == "Shop")
            try await bench.session.sendChatState(.composing, to: jid("1@lid"))
            #expect(try await server.receive("chatstate").child("composing") != nil)
            async let logout: Void = bench.session.logout()
            let iq = try await server.receive("iq") { $0.child("remove-companion-device") != nil }
            let removal = iq.child("remove-companion-device")
            #expect(removal?.jid("jid") == jid("15551234567:7@s.whatsapp.net"))
            #expect(removal?.string("reason") == "user_initiated")
            try await server.answer(iq)
            try await logout
            try await bench.expect(.event(.ended(.loggedOut(.requested))))
            #expect(await bench.store.logout == .requested)
        }
        #expect(end == .loggedOut(.requested))
        #expect(await bench.session.run() == .notLinkedAnyMore)
    }

    @Test func `a logout that is refused keeps the keys`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            let logout = Task { try await bench.session.logout() }
            try await server.refuse(
                try await server.receive("iq") { $0.child("remove-companion-device") != nil }, code: 500)
            await #expect(throws: ClientError.refused(IQError(code: 500))) { _ = try await logout.value }
            #expect(await bench.store.logout == nil)
            #expect(await bench.session.isOnline)
        }
    }
}

extension SessionBench {
    /// Returns when the server has answered everything before, so that no silence is in the way when the clock moves on.
    func settle() async throws {
        _ = try await self.session.query(.iq("get", xmlns: "w:p"))
    }
}
