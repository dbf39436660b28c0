import Foundation
import SpoolTestSupport
import Testing

/// A group that changes while the built daemon writes to it.
@Suite(.serialized)
struct GroupSendingTests {
    private static let group = "120363000000000001@g.us"
    private static let newcomer = "16669999999"

    @Test(.timeLimit(.minutes(5)), arguments: ["lid", "pn", "mixed"])
    func
        `of fifty members one joins, one leaves and one links anew: who is entitled reads everything, nobody else anything`(
            addressing: String
        ) async throws
    {
        let members = (0..<49).map { LinkedDaemon.recipient($0) }
        let (leaving, linking) = (members[7], members[30])
        let accounts = members.map { #"{"number": "\#($0)", "devices": \#($0 == linking ? 1 : 0)}"# }
        let linked = try await LinkedDaemon(accounts: accounts + [#"{"number": "\#(Self.newcomer)"}"#])
        let simulator = linked.simulator
        let list = ([LinkedDaemon.sender] + members).map { #""\#($0)""# }.joined(separator: ",")
        try await simulator.ask(
            "POST", "/groups",
            #"{"id": "\#(Self.group)", "subject": "All", "members": [\#(list)], "addressing": "\#(addressing)"}"#)

        try await self.send(1, linked)
        try await self.change("add", Self.newcomer, simulator)
        try await self.send(2, linked)
        try await self.change("remove", leaving, simulator)
        try await self.send(3, linked)
        try await simulator.ask("POST", "/phones/\(linking)/relink")
        try await simulator.waitForAnswers()
        try await self.send(4, linked)

        var hashes: [String] = []
        for round in 1...4 { hashes.append(try await self.document(round).sha256()) }
        var read = 0
        for number in members + [Self.newcomer] {
            let rounds = number == leaving ? 1...2 : number == Self.newcomer ? 2...4 : 1...4
            try await self.check(number, rounds, Array(hashes[(rounds.lowerBound - 1)..<rounds.upperBound]), simulator)
            read += 2 * rounds.count
        }
        let counts = try await (simulator.count("shown"), simulator.count("undecryptable"))
        #expect(counts.0 == read && counts.1 == 0)
        #expect(try await simulator.count("readableByFormerMembers") == 0)
        #expect(try await simulator.complaints() == [])
        print(
            "a \(addressing) group of 50 with a join, a leave and a new link: \(counts.0) of \(read) messages read, "
                + "\(counts.1) undecryptable, \(try await simulator.count("readableByFormerMembers")) read by others")
        try await linked.stop()
    }

    /// The device has heard of the change when this returns.
    private func change(_ act: String, _ number: String, _ simulator: SimulatorProgram) async throws {
        try await simulator.ask("POST", "/groups/\(Self.group)/\(act)", #"{"number": "\#(number)"}"#)
        try await simulator.waitForAnswers()
    }

    private func document(_ round: Int) -> TestDocument { TestDocument(mark: UInt8(round)) }

    /// A text and a document.
    private func send(_ round: Int, _ linked: LinkedDaemon) async throws {
        try linked.daemon.put(self.document(round).bytes, as: "\(round).pdf")
        let (marker, table) = try await linked.send(
            "number,message,mediaUrl\n\(Self.group),Text \(round),\n\(Self.group),Caption \(round),\(round).pdf\n",
            as: "round-\(round).csv")
        #expect(marker == "ok", "\(table.rows)")
    }

    private func check(
        _ number: String, _ rounds: ClosedRange<Int>, _ hashes: [String], _ simulator: SimulatorProgram
    ) async throws {
        #expect(try await simulator.files(on: number, rounds.count) == hashes, "\(number)")
        let inbox = try await simulator.inbox(of: number)
        #expect(inbox.compactMap { $0["text"]?.text } == rounds.map { "Text \($0)" }, "\(number)")
        #expect(inbox.compactMap { $0["media"]?["caption"]?.text } == rounds.map { "Caption \($0)" }, "\(number)")
        #expect(Set(inbox.map { $0["chat"]?.text }) == [Self.group], "\(number)")
    }
}
