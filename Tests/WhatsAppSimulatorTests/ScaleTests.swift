import Foundation
import SpoolTestSupport
import Testing
import WhatsAppBinary

@testable import WhatsAppSimulator

struct ScaleTests {
    /// Messages of each device; more by `SIMULATOR_MESSAGES`, for looking at the time.
    private static let messages =
        ProcessInfo.processInfo.environment["SIMULATOR_MESSAGES"].flatMap { Int($0) } ?? 20

    @Test func `three devices write to many people at once, and everybody reads everything once`() async throws {
        let people = (0..<min(1000, Self.messages)).map { "1666000\(1000 + $0)" }
        try await ServerBench.run { bench in
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...3 {
                    let linked = try await bench.link(
                        try TestDevice(seed: UInt64(number)), to: "1555000000\(number)")
                    group.addTask { try await Self.send(Self.messages, to: people, as: linked, bench) }
                }
                try await group.waitForAll()
            }
            let counts = try await bench.server.waitForCounts { $0.shownMessages >= 3 * Self.messages }
            #expect(counts.shownMessages == 3 * Self.messages)
            #expect(counts.acceptedMessages == 3 * Self.messages)
            #expect(counts.rawRepeats == 0)
            #expect(await bench.server.complaints == [])
            if Self.messages > 20 { print("\(3 * Self.messages) messages in \(ContinuousClock.now - start)") }
        }
    }

    private static func send(
        _ count: Int, to people: [String], as linked: TestDevice, _ bench: ServerBench
    ) async throws {
        try await bench.logIn(linked) { client, device in
            for number in 0..<count {
                let id = "\(device.pn?.user ?? "")-\(number)"
                try await ServerBench.send(
                    "text \(number)", id: id, to: people[number % people.count], from: &device, over: client)
                #expect(try await client.expect("ack") { $0.string("class") == "message" }.string("error") == nil)
                for receipt in client.takeBacklog("receipt") { try await client.send(TestDevice.ack(receipt)) }
            }
        }
    }
}
