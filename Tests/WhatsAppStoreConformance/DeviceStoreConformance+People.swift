import CryptoPrimitives
import Foundation
import SignalProtocol
import Testing
import WhatsAppBinary
import WhatsAppClient

extension DeviceStoreConformance {
    mutating func mappings() async throws {
        let record = try self.sessionRecord()
        let device = try Self.jid("15550002222:3@s.whatsapp.net")
        let pn = ProtocolAddress(device)
        let lid = ProtocolAddress(try Self.jid("200000000000002:3@lid"))
        try await self.store.write { state in
            var changes = SignalChanges()
            changes.sessions[pn] = record
            try state.commit(changes)
            try state.learn(LIDMapping(lid: "200000000000002", pn: "15550002222"))
        }
        try await self.store.read { state throws in
            #expect(try state.loadLID(ofPN: "15550002222") == "200000000000002")
            #expect(try state.loadPN(ofLID: "200000000000002") == "15550002222")
            #expect(try state.loadSessions(for: [pn, lid]) == [lid: record], "sessions move with the mapping")
            #expect(try state.signalAddress(of: device) == lid)
        }
        // A new hidden id for the number, then another number for that id.
        try await self.store.write { try $0.saveMapping(LIDMapping(lid: "3", pn: "15550002222")) }
        #expect(try await self.store.read { try $0.loadPN(ofLID: "200000000000002") } == nil)
        try await self.store.write { try $0.saveMapping(LIDMapping(lid: "3", pn: "4")) }
        try await self.store.read { state throws in
            #expect(try state.loadLID(ofPN: "15550002222") == nil)
            #expect(try state.loadLID(ofPN: "4") == "3")
            #expect(try state.loadPN(ofLID: "3") == "4")
        }
    }

    func deviceLists() async throws {
        let (one, two) = (try Self.jid("1@lid"), try Self.jid("1@s.whatsapp.net"))
        let list = DeviceList(
            devices: [.init(id: 0), .init(id: 3, keyIndex: 2), .init(id: 99, keyIndex: 7, isHosted: true)],
            fetchedAt: Self.date)
        let empty = DeviceList(devices: [], fetchedAt: Self.date)
        try await self.store.write { state in
            try state.saveDeviceList(empty, of: one)
            try state.saveDeviceList(list, of: one)
            try state.saveDeviceList(empty, of: two)
        }
        #expect(try await self.store.read { try $0.loadDeviceLists(of: [one, two]) } == [one: list, two: empty])
        try await self.store.write { try $0.deleteDeviceLists(of: [one]) }
        #expect(try await self.store.read { try $0.loadDeviceLists(of: [one, two]) } == [two: empty])
    }

    func numberLookups() async throws {
        let registered = NumberLookup(
            account: try Self.jid("1@lid"), pn: try Self.jid("15550002222@s.whatsapp.net"), askedAt: Self.date)
        let unknown = NumberLookup(account: nil, askedAt: Self.date)
        try await self.store.write { try $0.saveNumberLookups(["15550002222": unknown, "15550009999": unknown]) }
        try await self.store.write { try $0.saveNumberLookups(["15550002222": registered]) }
        let lookups = try await self.store.read {
            try $0.loadNumberLookups(of: ["15550002222", "15550009999", "15550000000"])
        }
        #expect(lookups == ["15550002222": registered, "15550009999": unknown])
    }

    mutating func privacyTokens() async throws {
        let (one, two) = (try Self.jid("1@lid"), try Self.jid("2@lid"))
        let old = PrivacyToken(token: self.secret(), date: Self.date)
        let new = PrivacyToken(token: self.secret(), date: Self.date + 60)
        try await self.store.write { state in
            try state.savePrivacyToken(old, of: one)
            try state.savePrivacyToken(new, of: one)
            try state.saveTokenIssueDate(Self.date, for: one)
            try state.saveTokenIssueDate(Self.date, for: two)
        }
        try await self.store.write { try $0.saveTokenIssueDate(nil, for: two) }
        try await self.store.read { state throws in
            #expect(try state.loadPrivacyToken(of: one) == new)
            #expect(try state.loadPrivacyToken(of: two) == nil)
            #expect(try state.loadTokenIssueDate(for: one) == Self.date)
            #expect(try state.loadTokenIssueDate(for: two) == nil)
        }
    }

    mutating func sentMessages() async throws {
        let (chat, other) = (try Self.jid("1@lid"), try Self.jid("2@lid"))
        let devices = (0..<2).map { ProtocolAddress(name: "1@lid", deviceID: UInt32($0)) }
        let old = SentMessage(id: "A", chat: chat, content: self.secret(), sentAt: Self.date)
        let new = SentMessage(id: "B", chat: chat, content: self.secret(), sentAt: Self.date + 10)
        let again = SentMessage(id: "B", chat: chat, content: self.secret(), sentAt: Self.date + 20)
        try await self.store.write { try $0.saveSentMessages([old, new]) }
        let counts = try await self.store.write { state in
            try [devices[0], devices[0], devices[1]].map { try state.countRetry(of: "B", chat: chat, for: $0) }
        }
        #expect(counts == [1, 2, 1])
        let loaded = try await self.store.read { state in
            try ["A", "B", "C"].map { try state.loadRetryCount(of: $0, chat: chat, for: devices[0]) }
        }
        #expect(loaded == [0, 2, 0])
        try await self.store.write { try $0.saveSentMessages([again]) }
        try await self.store.read { state throws in
            #expect(try state.loadSentMessage(id: "A", chat: chat) == old)
            #expect(try state.loadSentMessage(id: "B", chat: chat) == again)
            #expect(try state.loadSentMessage(id: "A", chat: other) == nil)
        }
        try await self.store.write { try $0.deleteMessages(sentBefore: Self.date + 20, receivedBefore: Self.date) }
        #expect(try await self.store.read { try $0.loadSentMessage(id: "A", chat: chat) } == nil)
        let next = try await self.store.write { try $0.countRetry(of: "B", chat: chat, for: devices[0]) }
        #expect(next == 3, "a message that was sent again keeps its counters")
    }

    mutating func receivedMessages() async throws {
        let (sender, other) = (try Self.jid("1@lid"), try Self.jid("2@lid"))
        let hash = [UInt8](repeating: 7, count: 32)
        let (second, absent) = ([UInt8](repeating: 8, count: 32), [UInt8](repeating: 9, count: 32))
        let waiting = ReceivedMessage(
            id: "A", sender: sender, outcome: .decrypted(self.secret()), receivedAt: Self.date)
        let handled = ReceivedMessage(id: "A", sender: sender, outcome: .handled, receivedAt: Self.date)
        let later = ReceivedMessage(id: "B", sender: sender, outcome: .handled, receivedAt: Self.date + 10)
        try await self.store.write { state in
            try state.saveReceivedMessage(waiting, hash: hash)
            try state.saveReceivedMessage(later, hash: second)
        }
        #expect(try await self.store.read { try $0.loadReceivedMessage(hash: hash) } == waiting)
        try await self.store.write { try $0.saveReceivedMessage(handled, hash: hash) }
        try await self.store.read { state throws in
            #expect(try state.loadReceivedMessage(hash: hash) == handled)
            #expect(try state.loadReceivedMessage(hash: absent) == nil)
            #expect(try state.hasReceivedMessage(id: "A", from: sender))
            #expect(try !state.hasReceivedMessage(id: "A", from: other))
        }
        try await self.store.write { try $0.deleteMessages(sentBefore: Self.date, receivedBefore: Self.date + 10) }
        try await self.store.read { state throws in
            #expect(try state.loadReceivedMessage(hash: hash) == nil)
            #expect(try !state.hasReceivedMessage(id: "A", from: sender))
            #expect(try state.loadReceivedMessage(hash: second) == later)
        }
    }
}
