import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolFiles

struct ResultFileWriterTests {
    /// Everything a CSV file may have: mark, `sep=`, batch fields, quotes, short, long and malformed rows.
    static let csv = Writing(
        original: [
            "\u{FEFF}sep=;", "# name: Spring", "# priority: low", "number;message;Status;\"my;note\"",
            "15550100001;Hi;new;\"a;b\"",
            "15550100002;\"two", "lines \"\"quoted\"\"\"", "", "+1 555 010 0003;Hello, you;;=1+1",
            "15550100004;Hello;x;y; world;",
            "15550100005;\"Hi\" there;x;y", ";no number", "15550100007;last;;;;",
        ].joined(separator: "\r\n"), format: .csv)

    static let json = Writing(
        original: """
            {"name": "Spring\\nsale", "messages": [
              {"number": "15550100001", "message": "a,b", "status": "new", "spoold_status": 1},
              {
                "to": 15550100002,
                "text": "two\\nlines {{x}}"
              },
              {"number": "15550100003", "message": "\\"c\\"", "ref": "=r"},
              7, {}, {"to": "15550100004", "phone": "15550100005", "message": "x"}
            ], "priority": "high", "sessionId": "dev1", "sendAt": "2026-11-21T10:42:00Z", "force": true}
            """, format: .json)

    static let jsonLines = Writing(
        original:
            "{\"number\": \"15550100001\", \"message\": \"a\"}\r\n\r\n"
            + "{ \"number\":\r\"15550100002\",\"message\":\"b\" }\r\n"
            + "{\"number\": \"1555\\n\n[1,\"x\"]\n"
            + "{\"number\": \"15550100003\", \"message\": \"c\", \"tz\": \"Mars/X\"}",
        format: .jsonLines)

    @Test func `a CSV result has the client's cells as they were and then ours`() throws {
        try expectReference(Self.csv.result(), "orders.csv.result.csv")
    }

    @Test func `failed CSV rows keep what makes them mean the same`() throws {
        try expectReference(Self.csv.failed(), "orders.csv.failed.csv")
    }

    @Test func `a JSON result has the client's keys and then ours`() throws {
        try expectReference(Self.json.result(), "orders.json.result.json")
        try expectReference(Self.json.failed(), "orders.json.failed.csv")
    }

    @Test func `a JSON Lines result has one object a line`() throws {
        try expectReference(Self.jsonLines.result(), "orders.jsonl.result.jsonl")
        try expectReference(Self.jsonLines.failed(), "orders.jsonl.failed.csv")
    }

    @Test func `one message alone has the same form`() throws {
        let writing = Writing(original: "{\n  \"number\": \"15550100001\",\n  \"message\": \"Hi\"\n}\n", format: .json)
        try expectReference(writing.result(), "one.json.result.json")
    }

    @Test(arguments: [Self.csv, Self.json, Self.jsonLines])
    func `the output does not depend on the piece size`(writing: Writing) throws {
        let (result, failed) = (try writing.result(), try writing.failed())
        for pieceSize in [1, 2, 3, 7, 50] {
            var small = writing
            small.pieceSize = pieceSize
            #expect(try small.result() == result)
            #expect(try small.failed() == failed)
        }
    }

    @Test(arguments: [Self.csv, Self.json, Self.jsonLines])
    func `failed rows can be dropped again, and those that fail again give the same file`(writing: Writing) throws {
        let again = Writing(original: try writing.failed(), format: .csv)
        let reading = Reading(again.original, .csv)
        #expect(reading.error == nil)
        #expect(reading.rows.count == writing.rows.count { $0.status == .failed })
        let before = Reading(writing.original, writing.format)
        #expect(reading.fields.priority == before.fields.priority)
        #expect(reading.fields.device == before.fields.device)
        #expect(reading.fields.sendAt == before.fields.sendAt)
        #expect(!reading.fields.isForced)
        // Only rows that were valid before are valid now, with the same text.
        for message in reading.messages { #expect(before.messages.contains(message)) }
        let failedAgain = zip(reading.rows, writing.rows.filter { $0.status == .failed }).map { row, earlier in
            ResultRow(
                record: row.record, queueID: nil, status: .failed, errorCode: earlier.errorCode, error: earlier.error)
        }
        #expect(try again.failed(rows: failedAgain) == again.original)
    }

    @Test(arguments: ["number,message\n15550100001,a", "number|message\r15550100001|a\r"])
    func `a result keeps the file's delimiter and line ends`(original: String) throws {
        let result = try Writing(original: original, format: .csv).result()
        let delimiter = original.contains("|") ? "|" : ","
        let end = original.contains("\r") ? "\r" : "\n"
        #expect(result.components(separatedBy: end).count == 3)
        #expect(result.components(separatedBy: delimiter).count == 2 * 10 + 1)
    }

    @Test func `a result dropped and reported again repeats no column`() throws {
        var text = "number,message\n15550100001,a\n"
        for _ in 0..<3 { text = try Writing(original: text, format: .csv).result() }
        let names = text.prefix { $0 != "\n" }.components(separatedBy: ",")
        #expect(Set(names).count == names.count)
        #expect(names.contains("spoold_spoold_status"))
    }

    @Test(arguments: DropFileFormat.allCases)
    func `rows that do not match the file are an error`(format: DropFileFormat) throws {
        let writing = [DropFileFormat.csv: Self.csv, .json: Self.json, .jsonLines: Self.jsonLines][format]
        let writer = try #require(writing)
        let rows = writer.rows
        let last = rows.count
        #expect(throws: ResultFileError.missingRow(record: last)) { try writer.result(rows: rows.dropLast()) }
        #expect(throws: ResultFileError.missingRow(record: 2)) { try writer.result(rows: [rows[0], rows[2]]) }
        #expect(throws: ResultFileError.unexpectedRow(record: 1)) { try writer.result(rows: [rows[0], rows[0]]) }
        let extra = ResultRow(record: last + 1, queueID: nil, status: .failed)
        #expect(throws: ResultFileError.unexpectedRow(record: last + 1)) { try writer.result(rows: rows + [extra]) }
        #expect(throws: ResultFileError.unexpectedRow(record: last + 1)) { try writer.failed(rows: [extra]) }
    }

    @Test func `a mended file of failed rows gets a result without the old errors`() throws {
        let mended = "number,ref,message,errorCode,error\n15550100001,a,Hi,NUMBER_SCIENTIFIC,Lost digits\n"
        let lines = try Writing(original: mended, format: .csv).result().split(separator: "\n")
        #expect(
            lines.first
                == "number,ref,message,queueId,status,messageId,sessionId,sentAt,deliveredAt,readAt,errorCode,error")
        #expect(lines.last?.hasPrefix("15550100001,a,Hi,101,sent,3EB0AA1,dev1,") == true)
        #expect(lines.last?.contains("Lost digits") == false)
    }

    @Test func `failed rows alone suffice for the failed file`() throws {
        let rows = Self.csv.rows
        #expect(try Self.csv.failed(rows: rows.filter { $0.status == .failed }) == Self.csv.failed(rows: rows))
    }

    @Test func `large results come in pieces`() throws {
        let text = "number,message\n" + String(repeating: "15550100001,Hello\n", count: 3000)
        let file = NamelessFile(text)
        let rows = Writing(original: text, format: .csv).rows
        var rest = rows[...]
        var sizes: [Int] = []
        let writer = ResultFileWriter(
            descriptor: file.descriptor, format: .csv, rules: ReadingRules(), batch: BatchID(rawValue: 1))
        try writer.writeResult(rows: { rest.popFirst() }, to: { sizes.append($0.count) })
        #expect(sizes.count > 2)
        #expect(sizes.dropLast().allSatisfy { $0 == 65536 })
        #expect(sizes.last.map { (1...65536).contains($0) } == true)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `results of mutated files hold every row once`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for round in 0..<60 {
            let writing = [Self.csv, Self.json, Self.jsonLines][round % 3]
            var bytes = Array(writing.original.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0x20...0x7E, using: &random)
            }
            var mutated = writing
            mutated.original = String(decoding: bytes, as: UTF8.self)
            guard Reading(mutated.original, mutated.format).error == nil else { continue }
            let result = try mutated.result()
            let place: Comment = "seed \(seed), round \(round): \(mutated.original.debugDescription)"
            switch mutated.format {
            case .csv: #expect(Reading(result, .csv).rows.count == mutated.rows.count, place)
            case .json:
                let object = try JSONSerialization.jsonObject(with: Data(result.utf8)) as? [String: Any]
                #expect((object?["messages"] as? [Any])?.count == mutated.rows.count, place)
            case .jsonLines:
                let lines = result.split(separator: "\n")
                #expect(lines.count == mutated.rows.count, place)
                for line in lines { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
            }
        }
    }
}
