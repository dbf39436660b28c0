import Foundation
import SpoolMediaTestSupport
import SpoolTestSupport
import Testing

/// Attachments from drop file to the phones, through the built daemon and the real protocol.
@Suite(.serialized)
struct MediaSendingTests {
    private static let inside = "media: {allowNetworks: [127.0.0.0/8]}\n"

    enum Source: String, CaseIterable {
        case url, file
    }

    @Test(.timeLimit(.minutes(5)), arguments: Source.allCases)
    func `a thousand rows with the same document of 10 MB make one fetch and one upload in flat memory`(
        source: Source
    ) async throws {
        let document = TestDocument(size: 10_000_000)
        let server = try await TestWebServer { _ in .file(document.bytes, type: "application/pdf") }
        let linked = try await LinkedDaemon(accounts: LinkedDaemon.accounts(10), configuration: Self.inside)
        let (daemon, simulator) = (linked.daemon, linked.simulator)
        try daemon.put(document.bytes, as: "list.pdf")
        let media = source == .url ? "http://127.0.0.1:\(server.port)/list.pdf" : "list.pdf"
        let rows = (0..<1000).map { "\(LinkedDaemon.recipient($0 % 10)),Hello \($0)\n" }.joined()
        let (marker, table) = try await linked.send("# mediaUrl: \(media)\nnumber,message\n" + rows, as: "bulk.csv")
        let peak = try daemon.peakMemory()
        #expect(marker == "ok")
        #expect(table.counts(of: "status") == ["sent": 1000])
        let hash = try await document.sha256()
        for index in [0, 4, 9] {
            #expect(
                try await simulator.files(on: LinkedDaemon.recipient(index), 100)
                    == [String](repeating: hash, count: 100))
        }
        #expect(server.requests.count == (source == .url ? 1 : 0))
        #expect(try await simulator.count("uploads") == 1)
        #expect(try await simulator.complaints() == [])
        print(
            "1,000 rows with one document of 10 MB by \(source): \(server.requests.count) fetches, "
                + "\(try await simulator.count("uploads")) upload, at most \(peak / 1_000_000) MB resident")
        #expect(peak < 100_000_000)
        try await linked.stop()
        try await server.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `bad attachments fail their own rows, and an upload host that is down is passed over`() async throws {
        // The first server is allowed, the address it leads to is not.
        let inner = try await TestWebServer { _ in .file(TestDocument().bytes) }
        let outer = try await TestWebServer(at: "127.0.0.2") { _ in
            .redirect(to: "http://127.0.0.1:\(inner.port)/a.pdf")
        }
        let linked = try await LinkedDaemon(
            accounts: LinkedDaemon.accounts(5), faults: #"[{"do": "hostDown", "host": 1}]"#,
            configuration: "media: {allowNetworks: [127.0.0.2/32]}\n")
        let document = TestDocument()
        try linked.daemon.put(document.bytes, as: "good.pdf")
        try linked.daemon.put([0, 1, 2, 3, 0xFF], as: "bad.pdf")
        let numbers = (0..<5).map { LinkedDaemon.recipient($0) }
        let (marker, table) = try await linked.send(
            """
            number,message,mediaUrl
            \(numbers[0]),Look,good.pdf
            \(numbers[1]),Look,http://127.0.0.2:\(outer.port)/a.pdf
            \(numbers[2]),Look,bad.pdf
            \(numbers[3]),Look,http://127.0.0.1:\(inner.port)/a.pdf
            \(numbers[4]),Just text,

            """, as: "rows.csv")
        #expect(marker == "some")
        #expect(table["status"] == ["sent", "failed", "failed", "failed", "sent"])
        #expect(table["errorCode"] == ["", "MEDIA_FORBIDDEN", "MEDIA_TYPE", "MEDIA_FORBIDDEN", ""])
        #expect(outer.requests.count == 1 && inner.requests.isEmpty)
        #expect(try await linked.simulator.files(on: numbers[0], 1) == [try await document.sha256()])
        #expect(try await linked.simulator.inbox(of: numbers[4]).map { $0["text"]?.text } == ["Just text"])
        for number in numbers[1...3] { #expect(try await linked.simulator.inbox(of: number).isEmpty) }
        #expect(try await linked.simulator.count("uploads") == 1)
        #expect(try await linked.simulator.complaints() == [])
        try await linked.stop()
        try await outer.close()
        try await inner.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `media servers that fail put the message off and disturb no other`() async throws {
        // Three rounds of two servers, and one more: the second attempt of the message meets a server that fails too.
        let linked = try await LinkedDaemon(
            accounts: LinkedDaemon.accounts(2),
            faults: #"[{"on": "mediaUpload", "times": 7, "do": "httpError", "code": 503}]"#)
        let document = TestDocument()
        try linked.daemon.put(document.bytes, as: "good.pdf")
        let (marker, table) = try await linked.send(
            "number,message,mediaUrl\n\(LinkedDaemon.recipient(0)),Look,good.pdf\n\(LinkedDaemon.recipient(1)),Text,\n",
            as: "rows.csv")
        #expect(marker == "ok")
        #expect(table["status"] == ["sent", "sent"])
        let messages = try await (linked.daemon.message(1), linked.daemon.message(2))
        #expect(messages.0["attempts"]?.elements.compactMap { $0["outcome"]?.text } == ["deferred", "sent"])
        #expect(messages.1["attempts"]?.elements.compactMap { $0["outcome"]?.text } == ["sent"])
        #expect(try await linked.simulator.files(on: LinkedDaemon.recipient(0), 1) == [try await document.sha256()])
        try await linked.stop()
    }

    @Test(.timeLimit(.minutes(5)))
    func `an upload that is gone is renewed for the messages that follow`() async throws {
        let linked = try await LinkedDaemon(accounts: LinkedDaemon.accounts(3))
        let (simulator, document) = (linked.simulator, TestDocument())
        try linked.daemon.put(document.bytes, as: "good.pdf")
        func row(_ index: Int) -> String { "number,mediaUrl\n\(LinkedDaemon.recipient(index)),good.pdf\n" }
        #expect(try await linked.send(row(0), as: "1.csv").marker == "ok")
        #expect(try await simulator.files(on: LinkedDaemon.recipient(0), 1) == [try await document.sha256()])
        try await simulator.ask("POST", "/faults", #"[{"do": "expireMedia"}]"#)
        // This one still names the old upload: its phone tells that it is gone.
        #expect(try await linked.send(row(1), as: "2.csv").marker == "ok")
        try await eventually("a phone that has no file") {
            try await simulator.inbox(of: LinkedDaemon.recipient(1)).first?["media"]?["status"] == "failed"
        }
        try await simulator.waitForAnswers()
        #expect(try await linked.send(row(2), as: "3.csv").marker == "ok")
        #expect(try await simulator.files(on: LinkedDaemon.recipient(2), 1) == [try await document.sha256()])
        #expect(try await simulator.count("uploads") == 2)
        try await linked.stop()
    }
}
