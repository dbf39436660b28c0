import SpoolTestSupport
import Testing

/// Each class of error that a dry run can be told to answer with, from the queue to the result file.
struct DryRunAnswerTests {
    private static let configuration = """
        dryRun:
          answers:
            - {number: "923000000001", answer: temporary, times: 1}
            - {number: "923000000002", answer: temporary}
            - {number: "923000000003", answer: permanent}
            - {prefix: "92300001", answer: permanent, code: NOT_ON_WHATSAPP}
            - {number: "923000000004", answer: sessionLost, times: 1}
            - {number: "923000000005", answer: unknown, times: 2}
        retry: {first: 1s, giveUpAfter: 10m}

        """

    @Test func `a temporary error is deferred with its reason and then sent`() async throws {
        let daemon = try await Self.daemon(sendingTo: "923000000001")
        #expect(try await daemon.marker(of: "orders.csv") == "ok")
        let message = try await daemon.message(1)
        #expect(message["status"] == "sent")
        #expect(Self.outcomes(of: message) == ["deferred", "sent"])
        #expect(message["attempts"]?.elements.first?["detail"]?.text?.hasPrefix("deferred: ") == true)
    }

    @Test func `an error that stays is given up when its time is over`() async throws {
        let daemon = try await Self.daemon(sendingTo: "923000000002", settings: ["RETRY_GIVE_UP_AFTER": "2s"])
        #expect(try await daemon.marker(of: "orders.csv") == "err")
        let row = try daemon.table("orders.csv.failed.csv").row(0)
        #expect(row["errorCode"] == "ATTEMPTS_EXHAUSTED" && row["error"]?.contains("Given up after 2 attempts") == true)
        #expect(Self.outcomes(of: try await daemon.message(1)) == ["deferred", "failed"])
    }

    @Test(arguments: [("923000000003", "REJECTED"), ("923000012345", "NOT_ON_WHATSAPP")])
    func `a permanent error fails at once with its code`(number: String, code: String) async throws {
        let daemon = try await Self.daemon(sendingTo: number)
        #expect(try await daemon.marker(of: "orders.csv") == "err")
        let row = try daemon.table("orders.csv.result.csv").row(0)
        #expect(row["status"] == "failed" && row["errorCode"] == code && row["sentAt"] == "")
        #expect(Self.outcomes(of: try await daemon.message(1)) == ["failed"])
    }

    @Test func `a lost session gives the message back, and it is sent when the device is there again`() async throws {
        let daemon = try await Self.daemon(sendingTo: "923000000004")
        #expect(try await daemon.marker(of: "orders.csv") == "ok")
        // What is shown while the device is away has tests with a clock of their own: here it may be back before we look.
        #expect(daemon.log.contains("back in the queue: waits for a device: dry run: told to lose its session"))
        #expect(daemon.log.contains("disconnected: dry run: told to lose its session"))
        let message = try await daemon.message(1)
        #expect(Self.outcomes(of: message) == ["returned", "sent"])
    }

    @Test func `an attempt without an answer is sent again under the same wire id`() async throws {
        let daemon = try await Self.daemon(sendingTo: "923000000005")
        #expect(try await daemon.marker(of: "orders.csv") == "ok")
        let message = try await daemon.message(1)
        let wireID = try #require(message["messageId"]?.text)
        #expect(Self.outcomes(of: message) == ["uncertain", "uncertain", "sent"])
        #expect(try daemon.table("orders.csv.result.csv")["messageId"] == [wireID])
    }

    @Test(arguments: [("fail", "err"), ("hold", "")])
    func `an attempt without an answer is settled as configured`(policy: String, ending: String) async throws {
        let daemon = try await Self.daemon(sendingTo: "923000000005", settings: ["SCHEDULER_ON_UNCERTAIN": policy])
        if policy == "fail" {
            #expect(try await daemon.marker(of: "orders.csv") == ending)
            #expect(Self.outcomes(of: try await daemon.message(1)) == ["uncertain"])
        } else {
            let held = try await Self.wait(for: daemon, "the hold") { $0["reason"]?.text?.hasPrefix("held") == true }
            #expect(held["status"] == "pending")
            #expect(try await daemon.batch(1)["held"] == 1)
        }
    }

    private static func daemon(sendingTo number: String, settings: [String: String] = [:]) async throws -> TestDaemon {
        let daemon = try TestDaemon(configuration: Self.configuration, settings: settings)
        try await daemon.start()
        try daemon.drop("number,message\n\(number),Hello\n", as: "orders.csv")
        return daemon
    }

    /// Waits until the one message is as `condition` wants it, and gives it.
    private static func wait(
        for daemon: TestDaemon, _ what: String, _ condition: @escaping @Sendable (JSON) -> Bool
    ) async throws -> JSON {
        try await waiting(for: what) {
            while true {
                let messages = try await daemon.control("/api/queue").json()["messages"]?.elements ?? []
                if let message = messages.first(where: condition) { return message }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    private static func outcomes(of message: JSON) -> [String] {
        message["attempts"]?.elements.compactMap { $0["outcome"]?.text } ?? []
    }
}
