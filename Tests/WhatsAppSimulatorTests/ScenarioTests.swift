import SpoolTestSupport
import Testing

@testable import WhatsAppSimulator

struct ScenarioTests {
    private static func read(_ text: String) throws(ScenarioError) -> Scenario {
        try Scenario(json: Array(text.utf8))
    }

    @Test func `a script says who is there and what will happen`() throws {
        let scenario = try Self.read(
            #"""
            {
              "comment": "everything at once",
              "accounts": [{"number": "+1 555 000 1111", "name": "Ann", "devices": 1, "readAfter": 2, "reply": "STOP"}],
              "notOnWhatsApp": ["15550009999"],
              "settings": {"addressing": "pn", "unregistered": "accept", "otherNames": false,
                           "minimumVersion": "2.3000.0", "readAfter": 1, "maximumQueriedUsers": 20,
                           "media": {"ttl": 9, "resumes": false}},
              "groups": [{"id": "1-2@g.us", "subject": "Staff", "members": ["15550001111"], "addressing": "mixed"}],
              "faults": [
                {"on": "message", "nth": 3, "times": 2, "to": "15550001111", "do": "ackError", "code": 463},
                {"after": 10, "from": "15550002222", "do": "disconnect", "comment": "the network fails"},
                {"on": "message", "to": "1-2@g.us", "do": "dropAck"},
                {"on": "login", "times": 0, "do": "failure", "reason": 402, "code": 101, "expire": 3600}
              ]
            }
            """#)
        #expect(
            scenario.accounts == [
                AccountScript(number: "15550001111", name: "Ann", devices: 1, readAfter: 2, reply: "STOP")
            ])
        #expect(scenario.notOnWhatsApp == ["15550009999"])
        #expect(scenario.settings?.naming == .pn)
        #expect(scenario.settings?.unregistered == .accept)
        #expect(scenario.settings?.minimumVersion == "2.3000.0")
        #expect(scenario.settings?.media.ttl == 9)
        #expect(scenario.settings?.media.resumes == false)
        #expect(scenario.settings?.media.authLifetime == 300)
        #expect(
            scenario.groups == [
                GroupScript(id: "1-2@g.us", subject: "Staff", members: ["15550001111"], naming: .mixed)
            ])
        #expect(
            scenario.faults == [
                Fault(on: .message, to: "15550001111", first: 3, times: 2, .ackError(463)),
                Fault(after: 10, from: "15550002222", .disconnect),
                Fault(on: .message, to: "1-2@g.us", .dropAck),
                Fault(on: .login, times: nil, .failure(reason: 402, code: 101, expire: 3600)),
            ])
    }

    @Test func `one fault and a list of faults are scripts too`() throws {
        #expect(try Self.read(#"{"do": "disconnect"}"#).faults == [Fault(.disconnect)])
        #expect(try Self.read(#"[{"do": "disconnect"}, {"do": "unlink"}]"#).faults.count == 2)
        #expect(try Self.read("{}") == Scenario())
    }

    @Test(arguments: [
        ("hello", ": this is no JSON object or list"),
        (#"{"fault": []}"#, "fault: unknown field; known here: accounts, comment, faults, groups, notOnWhatsApp, "),
        (#"{"faults": [{"on": "message"}]}"#, "faults[0].do: is missing"),
        (#"{"do": "explode"}"#, "do: unknown; known: ackError, "),
        (#"{"on": "lunch", "do": "disconnect"}"#, "on: one of now, message, "),
        (#"{"on": "login", "do": "ackError", "code": 1}"#, "on: this happens only at: message"),
        (#"{"on": "message", "do": "ackError"}"#, "code: is missing"),
        (#"{"on": "message", "do": "ackError", "code": "x"}"#, "code: a number is wanted here"),
        (#"{"on": "message", "do": "ackError", "code": 1.5}"#, "code: a whole number is wanted here"),
        (#"{"on": "message", "do": "ackError", "code": true}"#, "code: a number is wanted here"),
        (#"{"on": "message", "do": "dropAck", "code": 5}"#, "code: unknown field; known here: "),
        (#"{"on": "message", "after": 3, "do": "dropAck"}"#, "after: goes without `on` only"),
        (#"{"nth": 3, "do": "disconnect"}"#, "nth: goes with `on` only"),
        (#"{"on": "message", "nth": 0, "do": "dropAck"}"#, "nth: counting starts with 1"),
        (#"{"do": "identityChange"}"#, "to: is missing: whose phone?"),
        (#"{"do": "disconnect", "from": "12"}"#, "from: a phone number of 7 to 15 digits is wanted here"),
        (#"{"on": "message", "do": "delayAck", "seconds": -1}"#, "seconds: seconds from 0 to 31536000 are wanted here"),
        (#"{"accounts": [{"name": "Ann"}]}"#, "accounts[0].number: is missing"),
        (#"{"accounts": [7]}"#, "accounts[0]: an object is wanted here"),
        (#"{"notOnWhatsApp": [7]}"#, "notOnWhatsApp[0]: a phone number is wanted here"),
        (#"{"settings": {"addressing": "both"}}"#, "settings.addressing: one of lid, pn is wanted here"),
        (#"{"groups": [{"subject": "x"}]}"#, "groups[0].members: 1 to 1024 different phone numbers are wanted here"),
        (#"{"groups": [{"id": "1@s.whatsapp.net", "subject": "x"}]}"#, "groups[0].members: "),
        (#"{"do": "joinGroup", "to": "15550001111"}"#, "group: is missing"),
        (#"{"do": "joinGroup", "group": "1-2@g.us"}"#, "to: is missing: whose phone?"),
        (#"{"do": "joinGroup", "group": "1-2@g.us", "to": "3-4@g.us"}"#, "to: a phone number is wanted here"),
        (#"{"do": "leaveGroup", "group": "15550001111", "to": "15550001111"}"#, "group: the address of a group"),
        (#"{"do": "groupAddressing", "group": "1-2@g.us"}"#, "addressing: is missing"),
        (#"{"on": "mediaUpload", "do": "httpError", "code": 200}"#, "code: 400 to 599 are possible"),
        (#"{"on": "message", "do": "httpError", "code": 503}"#, "on: this happens only at: mediaDownload, mediaUpload"),
        (#"{"on": "mediaUpload", "do": "resetAfter"}"#, "bytes: a number of bytes is wanted here"),
        (#"{"do": "hostDown", "host": 3}"#, "host: there are the servers 1 and 2"),
        (#"{"settings": {"media": {"ttl": 0}}}"#, "settings.media.ttl: 1 to 4294967296 are possible"),
        (
            #"{"settings": {"minimumVersion": "2.3000"}}"#,
            "settings.minimumVersion: three numbers with dots are wanted here"
        ),
    ])
    func `a wrong script is refused with the place and the reason`(text: String, message: String) throws {
        let error = #expect(throws: ScenarioError.self) { try Self.read(text) }
        let description = error.map { $0.path.isEmpty ? ": \($0.message)" : $0.description }
        #expect(description?.hasPrefix(message) == true, "\(description ?? "")")
    }

    @Test func `any bytes give a script or an error`() throws {
        var generator = SeededGenerator(seed: 11)
        let valid = Array(#"{"faults":[{"on":"message","nth":3,"do":"ackError","code":463}]}"#.utf8)
        for _ in 0..<500 {
            var bytes = valid
            for _ in 0..<3 {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 32...126, using: &generator)
            }
            _ = try? Scenario(json: bytes)
        }
    }
}
