import CryptoPrimitives
import Foundation
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppProto

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@testable import WhatsAppSimulator

struct ControlPortTests {
    /// One request; the status and the JSON of the answer.
    private static func request(
        _ method: String, _ path: String, _ body: String? = nil, port: Int
    ) async throws -> (Int, [String: Any]) {
        var request = URLRequest(url: try require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        request.httpMethod = method
        request.httpBody = body.map { Data($0.utf8) }
        let (data, response) = try await URLSession.shared.data(for: request)
        let json = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, try require(json))
    }

    private static func run(_ body: (ServerBench, Int) async throws -> Void) async throws {
        try await ServerBench.run({ $0.controlPort = 0 }) { bench in
            try await body(bench, try require(bench.endpoint.controlPort))
        }
    }

    @Test func `a device is linked, written to and looked at over HTTP`() async throws {
        try await Self.run { bench, port in
            let account = #"{"number": "\#(ServerBench.bob)", "name": "Bob"}"#
            #expect(try await Self.request("POST", "/accounts", account, port: port).0 == 200)
            let device = try TestDevice(seed: 1)
            let linked = try await bench.connect(device, payload: device.registration()) { client in
                var device = device
                let qr = device.qr(try await ServerBench.takeReference(client))
                let scan = #"{"qr": "\#(qr)", "number": "\#(ServerBench.ann)"}"#
                async let status = Self.request("POST", "/scan", scan, port: port).0
                let success = try await client.expect("iq") { $0.child("pair-success") != nil }
                try await client.send(device.answer(pairSuccess: success))
                #expect(try await status == 200)
                return device
            }
            try await bench.logIn(linked) { client, device in
                try await ServerBench.send("hello", id: "A1", to: ServerBench.bob, from: &device, over: client)
                _ = try await client.expect("ack")
                let (_, inbox) = try await Self.request("GET", "/phones/\(ServerBench.bob)/inbox", port: port)
                let messages = try require(inbox["messages"] as? [[String: Any]])
                #expect(messages.map { $0["text"] as? String } == ["hello"])
                #expect(messages.map { $0["from"] as? String } == [ServerBench.ann])
                #expect(messages.map { $0["repeats"] as? Int } == [0])
                let (status, sent) = try await Self.request(
                    "POST", "/phones/\(ServerBench.bob)/send", #"{"to": "\#(ServerBench.ann)", "text": "STOP"}"#,
                    port: port)
                #expect(status == 200)
                #expect(try await client.expect("message").string("id") == sent["id"] as? String)
                let (_, state) = try await Self.request("GET", "/state", port: port)
                #expect((state["companions"] as? [[String: Any]])?.first?["active"] as? Bool == true)
                #expect((state["counts"] as? [String: Any])?["shown"] as? Int == 1)
            }
        }
    }

    @Test func `faults are taken over HTTP, and complaints can be read`() async throws {
        try await Self.run { bench, port in
            let (status, answer) = try await Self.request(
                "POST", "/faults", #"[{"on": "login", "do": "failure", "reason": 503}]"#, port: port)
            #expect(status == 200)
            #expect(answer["faults"] as? Int == 1)
            let linked = try await bench.link(try TestDevice(seed: 2), to: ServerBench.ann)
            try await bench.connect(linked, payload: linked.login()) { client in
                let failure = try await client.expect("failure")
                #expect(failure.integer("reason") == 503)
            }
            try await bench.connect(linked, payload: linked.login { $0.passive = false }) { client in
                _ = try await client.expect("success")
            }
            let (_, log) = try await Self.request("GET", "/log", port: port)
            let complaints = try require(log["complaints"] as? [[String: Any]])
            #expect(complaints.map { $0["reason"] as? String } == ["a login is expected to have passive true"])
            #expect(complaints.map { $0["sender"] as? String } == ["\(ServerBench.ann):1"])
        }
    }

    @Test func `a group is made, written to, changed, and seen in the state`() async throws {
        try await Self.run { bench, port in
            let (ann, bob, eve) = (ServerBench.ann, ServerBench.bob, ServiceBench.eve)
            let body = #"{"subject": "Staff", "members": ["\#(ann)", "\#(bob)"], "addressing": "pn"}"#
            let group = try require(await Self.request("POST", "/groups", body, port: port).1["id"] as? String)
            let letter = #"{"to": "\#(group)", "text": "hello"}"#
            #expect(try await Self.request("POST", "/phones/\(ann)/send", letter, port: port).0 == 200)
            let (_, added) = try await Self.request(
                "POST", "/groups/\(group)/add", #"{"number": "\#(eve)"}"#, port: port)
            #expect(added["members"] as? [String] == [ann, bob, eve])
            #expect(try await Self.request("POST", "/phones/\(eve)/relink", "{}", port: port).1["devices"] as? Int == 0)
            #expect(try await Self.request("POST", "/phones/\(eve)/reinstall", "{}", port: port).0 == 200)
            #expect(try await Self.request("POST", "/phones/\(bob)/send", letter, port: port).0 == 200)
            for act in ["remove", "add", "leave"] {
                let answer = try await Self.request(
                    "POST", "/groups/\(group)/\(act)", #"{"number": "\#(bob)"}"#, port: port)
                #expect(answer.0 == 200, "\(act)")
            }
            let (_, state) = try await Self.request("GET", "/state", port: port)
            let groups = try require(state["groups"] as? [[String: Any]])
            #expect(groups.map { $0["members"] as? [String] } == [[ann, eve]])
            let (_, inbox) = try await Self.request("GET", "/phones/\(eve)/inbox", port: port)
            let messages = try require(inbox["messages"] as? [[String: Any]])
            #expect(messages.map { $0["chat"] as? String } == [group])
            #expect(messages.map { $0["from"] as? String } == [bob])
        }
    }

    @Test func `a phone sends a file, and another shows it with its hash`() async throws {
        try await Self.run { bench, port in
            let data = Data([1, 2, 3])
            let letter = """
                {"to": "\(ServerBench.bob)", "media": {"kind": "document", "data": "\(data.base64EncodedString())",
                 "fileName": "a.bin", "caption": "look"}}
                """
            let path = "/phones/\(ServerBench.ann)/send"
            #expect(try await Self.request("POST", path, letter, port: port).0 == 200)
            _ = try await bench.server.waitForInbox(of: ServerBench.bob, count: 1)
            let (_, inbox) = try await Self.request("GET", "/phones/\(ServerBench.bob)/inbox", port: port)
            let message = try require((inbox["messages"] as? [[String: Any]])?.first)
            #expect(message["text"] is NSNull)
            let media = try require(message["media"] as? [String: Any])
            #expect(media["status"] as? String == "verified")
            #expect(media["caption"] as? String == "look")
            #expect(media["fileName"] as? String == "a.bin")
            #expect(media["size"] as? Int == 3)
            #expect(media["sha256"] as? String == (try Digest.sha256.hash(Array(data))).hexadecimal)
            #expect(await bench.server.complaints == [])
        }
    }

    @Test func `what is wrong is refused with a status and a reason`() async throws {
        try await Self.run { _, port in
            let wrong: [(String, String, String?, Int, String)] = [
                ("GET", "/nothing", nil, 404, "there is nothing at this path and method"),
                ("GET", "/accounts", nil, 404, "there is nothing at this path and method"),
                (
                    "POST", "/groups", #"{"subject": "x", "members": []}"#, 400,
                    "members: 1 to 1024 different phone numbers are wanted here"
                ),
                ("POST", "/groups/1-2@g.us/add", #"{"number": "15550001111"}"#, 404, "there is no such group"),
                ("POST", "/phones/15550001111/send", #"{"to": "1-2@g.us", "text": "x"}"#, 404, "one of the two"),
                ("POST", "/phones/15550001111/send", #"{"to": "15550002222"}"#, 400, "text: is missing"),
                (
                    "POST", "/phones/15550001111/send", #"{"to": "15550002222", "media": {"kind": "image"}}"#, 400,
                    "media.data: the file in Base64 is wanted here"
                ),
                ("POST", "/accounts", "hello", 400, "the body is no JSON object"),
                ("POST", "/accounts", #"{"name": "Ann"}"#, 400, "number: is missing"),
                (
                    "POST", "/accounts", #"{"number": "15550001111", "age": 3}"#, 400,
                    "age: unknown field; known here: devices, name, number, readAfter, reply"
                ),
                ("POST", "/scan", #"{"qr": "x", "number": "15550001111"}"#, 409, "this is no QR text"),
                (
                    "POST", "/enter-code", #"{"number": "15550001111", "code": "ABCD1234"}"#, 409,
                    "no device waits for a code of this number"
                ),
                (
                    "POST", "/phones/12/send", #"{"to": "15550001111", "text": "x"}"#, 400,
                    "a phone number has 7 to 15 digits"
                ),
                ("POST", "/faults", #"{"do": "explode"}"#, 400, "do: unknown"),
            ]
            for (method, path, body, status, error) in wrong {
                let answer = try await Self.request(method, path, body, port: port)
                #expect(answer.0 == status, "\(method) \(path)")
                #expect((answer.1["error"] as? String)?.hasPrefix(error) == true, "\(answer.1)")
                #expect(answer.1["success"] as? Bool == false)
            }
            let long = String(repeating: " ", count: ControlPort.maximumBody + 1)
            #expect(try await Self.request("POST", "/faults", long, port: port).0 == 413)
        }
    }
}
