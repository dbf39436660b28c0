import Foundation
import SpoolTestSupport
import Testing

/// Moments, priorities and devices of rows, as the running daemon keeps them.
struct SchedulingTests {
    @Test func `a row waits for its sendAt, and one past its expiresAt fails`() async throws {
        let daemon = try TestDaemon()
        try await daemon.start()
        let now = Date.now
        let soon = Self.text(now.addingTimeInterval(1.5))
        let past = Self.text(now.addingTimeInterval(-60))
        let nextYear = Self.text(now.addingTimeInterval(365 * 86400))
        try daemon.drop(
            """
            number,message,sendAt,expiresAt
            923001234561,now,,
            923001234562,soon,\(soon),
            923001234563,expired,,\(past)
            923001234564,expires while it waits,\(nextYear),\(soon)
            923001234565,in time,,\(nextYear)

            """, as: "orders.csv")
        #expect(try await daemon.marker(of: "orders.csv") == "some")
        let result = try daemon.table("orders.csv.result.csv")
        #expect(result["status"] == ["sent", "sent", "failed", "failed", "sent"])
        #expect(result["errorCode"] == ["", "", "EXPIRED", "EXPIRED", ""])
        #expect(result["sentAt"][1] >= soon)
        #expect(result["messageId"][3].isEmpty, "what expired was never tried")
        let attempts = try await daemon.message(try #require(Int(result["queueId"][3])))["attempts"]
        #expect(attempts?.elements.isEmpty == true)
    }

    @Test func `high goes before normal before low`() async throws {
        let daemon = try TestDaemon(settings: TestDaemon.pace("3ms"))
        try await daemon.start()
        let rows = (0..<9).map { "92300123456\($0),Hello,\(["low", "", "high"][$0 % 3])\n" }
        try daemon.drop("number,message,priority\n" + rows.joined(), as: "orders.csv")
        #expect(try await daemon.marker(of: "orders.csv") == "ok")
        let result = try daemon.table("orders.csv.result.csv")
        let order = zip(result["sentAt"], result["priority"]).sorted { $0.0 < $1.0 }.map(\.1)
        let places = Dictionary(grouping: order.indices) { order[$0] }.mapValues { $0.reduce(0, +) }
        #expect(order.first == "high")
        #expect(
            places["high", default: 99] < places["", default: 0] && places["", default: 99] < places["low", default: 0])
    }

    @Test func `a row for one device goes out from it alone, and an unknown device refuses the row`() async throws {
        let daemon = try TestDaemon(configuration: "dryRun: {devices: [dev1, dev2]}\n")
        try await daemon.start()
        try daemon.drop(
            """
            # sessionId: dev1
            number,message,device
            923001234561,pinned,dev2
            923001234562,default of the file,
            923001234563,unknown,dev9

            """, as: "orders.csv")
        #expect(try await daemon.marker(of: "orders.csv") == "some")
        let result = try daemon.table("orders.csv.result.csv")
        #expect(result["sessionId"] == ["dev2", "dev1", ""])
        #expect(result["errorCode"] == ["", "", "UNKNOWN_DEVICE"])
        let refusal = try #require(try daemon.json("orders.csv.accepted.json")["errors"]?.elements.first)
        #expect(refusal["line"] == 5 && refusal["field"] == "sessionId")
        #expect(refusal["error"]?.text?.contains("dev1, dev2") == true)
    }

    @Test func `a row for a device that is gone at the next start fails`() async throws {
        let daemon = try TestDaemon(settings: ["DRY_RUN_DEVICES": "[dev1, dev2]"])
        try await daemon.start()
        try daemon.drop(
            "number,message,device,sendAt\n923001234561,Hello,dev2,2099-01-01T00:00:00Z\n923001234562,Hello,,\n",
            as: "orders.csv")
        try await daemon.waitFor("orders.csv.accepted.json")
        try await daemon.stop()
        let successor = try TestDaemon(settings: ["DRY_RUN_DEVICES": "[dev1]"], root: daemon.root)
        try await successor.start()
        #expect(try await successor.marker(of: "orders.csv") == "some")
        #expect(try successor.table("orders.csv.result.csv")["errorCode"] == ["DEVICE_LOST", ""])
    }

    @Test func `the hourly limit stops a device and survives a restart`() async throws {
        let daemon = try TestDaemon(settings: ["SCHEDULER_HOURLY": "3"])
        try await daemon.start()
        let rows = (0..<5).map { "92300123456\($0),Hello\n" }.joined()
        try daemon.drop("number,message\n" + rows, as: "orders.csv")
        try await daemon.wait(for: "three sent") { try await daemon.count("sent", of: 1) == 3 }
        let device = { try await daemon.control("/api/devices").json()["devices"]?.elements.first }
        let before = try await device()
        #expect(before?["sentLastHour"] == 3 && before?["hourlyLimit"] == 3 && before?["pauseReason"]?.text != nil)
        try await daemon.stop()
        try await daemon.start()
        #expect(try await device()?["sentLastHour"] == 3)
        #expect(try await daemon.batch(1)["pending"] == 2)
    }

    private static func text(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
