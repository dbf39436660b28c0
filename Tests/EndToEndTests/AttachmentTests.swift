import Foundation
import SpoolMediaTestSupport
import SpoolTestSupport
import Testing

/// Attachments from drop file to result file, through the built daemon in a dry run.
struct AttachmentTests {
    private static let inside = "media: {allowNetworks: [127.0.0.0/8]}\n"
    private static let pdf = Array("%PDF-1.7\n".utf8)

    @Test func `local and remote attachments are sent, bad ones fail their own rows`() async throws {
        let server = try await TestWebServer { request in
            request.path == "/a.pdf" ? .file(Self.pdf) : .file([], status: "404 Not Found")
        }
        let daemon = try TestDaemon(configuration: Self.inside)
        try await daemon.start()
        try daemon.put(Self.pdf, as: "a.pdf")
        let url = "http://127.0.0.1:\(server.port)"
        let text = """
            number,caption,attachment,type,file_name
            923001234501,Look,a.pdf,,Invoice.pdf
            923001234502,,a.pdf,document,
            923001234503,Look,none.pdf,,
            923001234504,Look,\(url)/a.pdf,,
            923001234505,Look,\(url)/none.pdf,,
            923001234506,Look,http://[::1]/a.pdf,,
            923001234507,Just text,,,

            """
        let checked = try await daemon.spoolctl("check", try self.write(text, daemon))
        #expect(checked.end == .exited(65))
        #expect(checked.output.contains("line 4: mediaUrl: none.pdf is not in the media directory (MEDIA_UNAVAILABLE)"))
        #expect(checked.output.contains("(MEDIA_FORBIDDEN)") && checked.output.contains("7 rows, 5 valid, 2 refused"))

        try daemon.drop(text, as: "orders.csv")
        try await daemon.waitFor("orders.csv.accepted.json")
        try FileManager.default.removeItem(atPath: daemon.spool + "/media/a.pdf")
        #expect(try await daemon.marker(of: "orders.csv") == "some")
        let table = try daemon.table("orders.csv.result.csv")
        #expect(
            table["status"] == ["sent", "sent", "failed", "sent", "failed", "failed", "sent"])
        #expect(
            table["errorCode"] == ["", "", "MEDIA_UNAVAILABLE", "", "MEDIA_UNAVAILABLE", "MEDIA_FORBIDDEN", ""])
        #expect(table["attachment"].first == "a.pdf" && table["caption"].first == "Look")
        let failed = try daemon.table("orders.csv.failed.csv")
        #expect(failed["number"] == ["923001234503", "923001234505", "923001234506"])
        try await daemon.wait(for: "the attachments to be removed") {
            try FileManager.default.contentsOfDirectory(atPath: daemon.state + "/media/batches").isEmpty
        }
        try await daemon.stop()
        try await server.close()
    }

    private func write(_ text: String, _ daemon: TestDaemon) throws -> String {
        let path = daemon.root + "/orders.csv"
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    @Test func `a thousand rows with the same document of 10 MB make one fetch in flat memory`() async throws {
        let document = Self.pdf + [UInt8](repeating: 0x20, count: 10_000_000)
        let server = try await TestWebServer { _ in .file(document, type: "application/pdf") }
        let daemon = try TestDaemon(configuration: Self.inside)
        try await daemon.start()
        let head = "# mediaUrl: http://127.0.0.1:\(server.port)/price-list.pdf\nnumber,message\n"
        try daemon.drop(head + (0..<1000).map { "92300123\(1000 + $0),Hello \($0)\n" }.joined(), as: "bulk.csv")
        #expect(try await daemon.marker(of: "bulk.csv") == "ok")
        #expect(server.requests.count == 1)
        let peak = try daemon.peakMemory()
        print("1,000 rows with one document of 10 MB: 1 fetch, at most \(peak / 1_000_000) MB resident")
        #expect(peak < 100_000_000)
        try await daemon.stop()
        try await server.close()
    }
}
