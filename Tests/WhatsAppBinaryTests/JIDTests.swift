import SpoolTestSupport
import Testing
import WhatsAppBinary

@Suite struct JIDTests {
    private struct File: Decodable {
        let jid: [Form]
        let jid_malformed: [Malformed]
    }

    private struct Form: Decodable {
        let text, user, server, formatted, non_ad, ad_string, signal_address, signal_address_user: String
        let device: UInt16
        let raw_agent, actual_agent: UInt8
    }

    private struct Malformed: Decodable {
        let text: String
    }

    @Test func `every text form parses and prints as the vectors say`() throws {
        let cases = try Vectors.load("misc", as: File.self).jid
        for vector in cases {
            let jid = try JID(vector.text)
            #expect(jid.user == vector.user)
            #expect(jid.server.rawValue == vector.server)
            #expect(jid.device == vector.device)
            #expect(jid.agent == vector.raw_agent)
            #expect(jid.domain == vector.actual_agent)
            #expect(jid.description == vector.formatted)
            #expect(jid.withoutDevice.description == vector.non_ad)
            #expect(jid.adString == vector.ad_string)
            #expect(jid.signalName == vector.signal_address_user)
            #expect(jid.signalAddress == vector.signal_address)
        }
        Vectors.report(cases.count, of: "jid", in: "misc")
    }

    @Test func `malformed texts are refused`() throws {
        let cases = try Vectors.load("misc", as: File.self).jid_malformed
        for vector in cases {
            #expect(throws: BinaryError.self, "\(vector.text)") { try JID(vector.text) }
        }
        Vectors.report(cases.count, of: "jid_malformed", in: "misc")
    }

    @Test(
        arguments: [
            ("", .missingServer), ("@", .missingServer), ("1@", .missingServer), ("15551234567", .unknownServer),
            ("1@lid@lid", .invalidByte(0x40)), ("1@g.us:2", .invalidByte(0x3A)), ("1/2@lid", .invalidByte(0x2F)),
            ("1 @lid", .invalidByte(0x20)), ("1\n@lid", .invalidByte(0x0A)), ("é@lid", .invalidByte(0xC3)),
            ("1@l\u{0301}id", .invalidByte(0xCC)), ("1@\u{0301}lid", .invalidByte(0xCC)),
            (":5@lid", .missingUser), (".5@lid", .missingUser),
            ("1:65536@lid", .invalidNumber(limit: 65535)), ("1:+5@lid", .invalidNumber(limit: 65535)),
            ("1:-5@lid", .invalidNumber(limit: 65535)), ("1:000001@lid", .invalidNumber(limit: 65535)),
            ("1.256:1@lid", .invalidNumber(limit: 255)), ("1.:1@lid", .invalidNumber(limit: 255)),
            ("1:٣@lid", .invalidNumber(limit: 65535)),
        ] as [(String, BinaryError.JIDFault)])
    func `the fault is named`(text: String, fault: BinaryError.JIDFault) {
        #expect(throws: BinaryError.invalidJID(fault)) { try JID(text) }
    }

    @Test func `device 0 is the same as no device`() throws {
        #expect(try JID("1:0@lid") == JID("1@lid"))
        #expect(try JID("1:0@lid").hashValue == JID("1@lid").hashValue)
        #expect(try JID("1:1@lid") != JID("1@lid"))
        #expect(try JID("1@lid") != JID("1@s.whatsapp.net"))
    }

    @Test func `a server is written with and without a leading at sign`() throws {
        #expect(try JID("@s.whatsapp.net") == .service)
        #expect(try JID("s.whatsapp.net") == .service)
        #expect(try JID(".0:0@s.whatsapp.net") == .service)
        #expect(JID.service.isServer)
        #expect(try JID("@elsewhere").description == "@elsewhere")
    }

    @Test func `the legacy server is kept until it is normalised`() throws {
        let legacy = try JID("15551234567:3@c.us")
        #expect(legacy.server == .legacyUser)
        #expect(legacy.normalized.description == "15551234567:3@s.whatsapp.net")
        #expect(try JID("1@lid").normalized == JID("1@lid"))
    }

    @Test func `another device of a user`() throws {
        #expect(try JID("1:3@lid").withDevice(4).description == "1:4@lid")
        #expect(try JID("1:3@lid").withDevice(0) == JID("1@lid"))
        #expect(throws: BinaryError.invalidJID(.missingUser)) { try JID.service.withDevice(1) }
    }

    @Test func `lengths end at their limits`() throws {
        let user = String(repeating: "1", count: JID.maximumUserLength)
        let server = String(repeating: "s", count: JID.maximumServerLength)
        let longest = "\(user).255:65535@\(server)"
        #expect(try JID(longest).description == longest)
        #expect(throws: BinaryError.invalidJID(.tooLong(count: 256, limit: 255))) { try JID(user + "1@lid") }
        #expect(throws: BinaryError.invalidJID(.tooLong(count: 65, limit: 64))) { try JID("1@s" + server) }
        #expect(throws: BinaryError.invalidJID(.tooLong(count: 1 << 20, limit: 330))) {
            try JID(String(repeating: "1", count: 1 << 20))
        }
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `text and JID say the same for random JIDs`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var jid = try RandomNode.jid(using: &generator)
            if !jid.isServer, jid.server != .interop {
                jid = try JID(
                    user: jid.user, server: jid.server, device: .random(in: 0...UInt16.max, using: &generator),
                    agent: .random(in: 0...1, using: &generator))
            }
            guard jid.integrator == 0 else { continue }
            #expect(try JID(jid.description) == jid, "seed \(seed)")
            #expect(try JID(jid.adString) == jid, "seed \(seed)")
        }
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `random texts give a JID that prints as something equal or an error`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let pieces = [
            "1", "0", "a", "@", ":", ".", "lid", "s.whatsapp.net", "65535", "255", "é", "\u{0}", "-", "_", "@g.us",
        ]
        var parsed = 0
        for _ in 0..<1000 {
            let text = (0..<Int.random(in: 0...6, using: &generator))
                .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            guard let jid = try? JID(text) else { continue }
            parsed += 1
            #expect(try JID(jid.description) == jid, "seed \(seed): \(text)")
        }
        #expect(parsed > 20, "seed \(seed)")
    }
}
