import Foundation
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppClient
import WhatsAppSimulator

/// Everything by which the server answers a message, or fails to, and what is told of it. Whatever that is, the same id
/// sent again brings the text to the phone once.
struct SendingTests {
    static let ann = LoopbackBench.ann
    static let bob = LoopbackBench.bob
    static let sent = SendOutcome.sent(at: LoopbackBench.date(after: .zero))

    /// What an error in the acknowledgement is told as.
    static let errors: [Int: SendOutcome] = {
        var errors: [Int: SendOutcome] = [
            463: .refused(.reachOutTimeLock), 475: .refused(.newChatCap), 479: .refused(.staleDevices),
            429: .refused(.rateLimited(retryAfter: nil)),
        ]
        let permanent = [401, 403, 404, 405, 406, 487, 488, 489, 490, 491, 493, 495, 496, 499, 500, 550, 551, 552]
        for code in permanent { errors[code] = .permanent(code: code) }
        for code in [420, 421, 503, 999] { errors[code] = .temporary(.acknowledgement(code: code)) }
        return errors
    }()

    @Test func `every error of an acknowledgement is told as what it means, and nothing is sent again by itself`()
        async throws
    {
        try await LoopbackBench.run { bench in
            try await MessagingDevice.online(bench) { device in
                let bob = try await device.account(of: Self.bob)
                for (code, expected) in Self.errors {
                    await bench.server.addFaults([Fault(on: .message, from: Self.ann, .ackError(code))])
                    #expect(await device.send("3EB0\(code)", to: bob) == expected, "\(code)")
                    #expect(await bench.server.state.armedFaults == 0)
                }
                try await device.settle()
                #expect(await bench.server.inbox(of: Self.bob).isEmpty)
                for code in Self.errors.keys {
                    #expect(await device.send("3EB0\(code)", to: bob) == Self.sent, "\(code)")
                }
                try await Self.expectOnce(Self.errors.keys.map { "3EB0\($0)" }, bench)
            }
        }
    }

    @Test func `a message refused with 400 goes out once more by the other name, and then no more`() async throws {
        try await LoopbackBench.run { bench in
            try await MessagingDevice.online(bench) { device in
                let bob = try await device.account(of: Self.bob)
                await bench.server.addFaults([Fault(on: .message, from: Self.ann, times: 2, .ackError(400))])
                #expect(await device.send("3EB00", to: bob) == .permanent(code: 400))
                #expect(await bench.server.state.armedFaults == 0)
                await bench.server.addFaults([Fault(on: .message, from: Self.ann, .ackError(400))])
                #expect(await device.send("3EB01", to: bob) == Self.sent)
                try await Self.expectOnce(["3EB01"], bench)
            }
        }
    }

    @Test(arguments: [
        (FaultAction.dropAck, SendOutcome.unknown), (.disconnectBeforeAck, .unknown), (.disconnect, .unknown),
        (.disconnectAfterAck, sent), (.duplicate, sent), (.reorder, sent),
    ])
    func `a message whose acknowledgement is lost is unknown, and the same id again arrives once`(
        fault: FaultAction, expected: SendOutcome
    ) async throws {
        try await LoopbackBench.run { bench in
            try await MessagingDevice.online(bench) { device in
                let bob = try await device.account(of: Self.bob)
                await bench.server.addFaults([Fault(on: .message, from: Self.ann, fault)])
                async let outcome = device.send("3EB01", to: bob)
                if fault == .dropAck {
                    try await bench.server.waitForCounts { $0.acceptedMessages == 1 }
                    // With answers to other things in between: it is the message that has no answer.
                    for _ in 0..<15 {
                        try await device.settle()
                        await device.pass(.seconds(5))
                    }
                }
                #expect(await outcome == expected)
                if [.disconnect, .disconnectBeforeAck, .disconnectAfterAck].contains(fault) {
                    try await device.expectRetry(.pipe(.closed(code: 1006)))
                }
                guard case .sent = await device.send("3EB01", to: bob) else {
                    Issue.record("not sent again")
                    return
                }
                try await Self.expectOnce(["3EB01"], bench)
            }
        }
    }

    @Test(arguments: [Fault.Event.usync, .preKeys])
    func `a request that a message needs and the server refuses leaves the message unsent`(
        event: Fault.Event
    ) async throws {
        try await LoopbackBench.run { bench in
            try await MessagingDevice.online(bench) { device in
                let bob = try await device.account(of: Self.bob)
                for (code, backoff) in [(429, 60), (419, nil), (503, nil), (500, nil), (400, nil)] as [(Int, Int?)] {
                    await bench.server.addFaults([
                        Fault(on: event, from: Self.ann, .iqError(code, backoff: backoff))
                    ])
                    switch await device.send("3EB01", to: bob) {
                    case .refused(.rateLimited(let retryAfter)):
                        #expect(code == 429 || code == 419)
                        #expect(retryAfter == backoff.map { .seconds($0) })
                    case .temporary(.query(let error), _): #expect(error.code == code && ![429, 419].contains(code))
                    case let outcome: Issue.record("\(code): \(outcome)")
                    }
                    #expect(await bench.server.state.armedFaults == 0)
                }
                #expect(await bench.server.counts.acceptedMessages == 0)
                #expect(await device.send("3EB01", to: bob) == Self.sent)
                try await Self.expectOnce(["3EB01"], bench)
            }
        }
    }

    @Test func `a request that is never answered leaves the message unsent`() async throws {
        try await LoopbackBench.run { bench in
            try await MessagingDevice.online(bench) { device in
                let bob = try await device.account(of: Self.bob)
                await bench.server.addFaults([Fault(on: .usync, from: Self.ann, .dropAnswer)])
                async let outcome = device.send("3EB01", to: bob)
                try await eventually("the query to come") { await bench.server.state.armedFaults == 0 }
                for _ in 0..<15 {
                    try await device.settle()
                    await device.pass(.seconds(5))
                }
                #expect(await outcome == .temporary(.noAnswer))
            }
        }
    }

    @Test func `a limit of the account is told with its end, holds for strangers, and is lifted`() async throws {
        try await LoopbackBench.run { bench in
            try await MessagingDevice.online(bench) { device in
                let bob = try await device.account(of: Self.bob)
                let end = LoopbackBench.date(after: .seconds(3600))
                await bench.server.addFaults([
                    Fault(from: Self.ann, .timeLock(seconds: 3600, enforcement: "WEB_COMPANION_ONLY", quiet: false))
                ])
                try await device.expect(
                    .timeLock(TimeLock(isActive: true, enforcement: "WEB_COMPANION_ONLY", ends: end)))
                #expect(await device.send("3EB01", to: bob) == .refused(.reachOutTimeLock))
                await bench.server.addFaults([
                    Fault(from: Self.ann, .timeLock(seconds: 0, enforcement: "", quiet: false))
                ])
                guard case .timeLock(let lifted) = try await device.nextEvent() else {
                    Issue.record("not told")
                    return
                }
                #expect(!lifted.isActive)
                for status in [Capping.Status.firstWarning, .secondWarning, .capped, .none] {
                    let warning = FaultAction.capping(status: status.rawValue, total: 100, used: 9, seconds: 3600)
                    await bench.server.addFaults([Fault(from: Self.ann, warning)])
                    guard case .capping(let capping) = try await device.nextEvent() else {
                        Issue.record("not told: \(status)")
                        return
                    }
                    #expect(capping.status == status && capping.usedQuota == 9 && capping.cycleEnd == end)
                    let isCapped = status == .capped
                    let stranger = try await device.account(of: "1555000\(3000 + status.rawValue.utf8.count)")
                    let outcome = await device.send("3EB0\(status)", to: stranger)
                    #expect(outcome == (isCapped ? .refused(.newChatCap) : Self.sent), "\(status)")
                }
                #expect(await device.send("3EB01", to: bob) == Self.sent)
                try await Self.expectOnce(["3EB01"], bench)
            }
        }
    }

    @Test func `whether 463 is about the account or about one person can be asked`() async throws {
        try await LoopbackBench.run { bench in
            try await MessagingDevice.online(bench) { device in
                let bob = try await device.account(of: Self.bob)
                await bench.server.addFaults([Fault(on: .message, from: Self.ann, .ackError(463))])
                #expect(await device.send("3EB01", to: bob) == .refused(.reachOutTimeLock))
                #expect(try await device.messenger.queryTimeLock()?.isActive == false)
                await bench.server.addFaults([
                    Fault(from: Self.ann, .timeLock(seconds: 3600, enforcement: "DEFAULT", quiet: true))
                ])
                #expect(await device.send("3EB01", to: bob) == .refused(.reachOutTimeLock))
                let lock = TimeLock(
                    isActive: true, enforcement: "DEFAULT", ends: LoopbackBench.date(after: .seconds(3600)))
                #expect(try await device.messenger.queryTimeLock() == lock)
            }
        }
    }

    /// Bob's phone has shown these, each once.
    private static func expectOnce(_ ids: [String], _ bench: LoopbackBench) async throws {
        let inbox = try await bench.server.waitForInbox(of: Self.bob, count: ids.count)
        #expect(inbox.map(\.id).sorted() == ids.sorted())
        #expect(inbox.allSatisfy { $0.text == $0.id })
    }
}
