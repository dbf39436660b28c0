import Foundation
import GRDB
import SpoolCore
import SpoolTestSupport
import Synchronization
import Testing

@testable import SpoolQueue

/// Random operations of everything that rules and people do, on few numbers, users and devices, so that they meet.
struct SchedulingWalk {
    let test: TestQueue
    let seed: UInt64
    private var generator: SeededGenerator
    private var now = TestQueue.noon
    private var lastBatch: Int64 = 0
    private var wires: [WireMessageID] = []
    let devices = [DeviceID.first, .second, DeviceID(rawValue: "dev3")]
    let users = [UserName.default, .shop, UserName(rawValue: "third") ?? .default]

    init(seed: UInt64) async throws {
        self.test = try TestQueue()
        self.seed = seed
        self.generator = SeededGenerator(seed: seed)
        for user in self.users { try await self.test.queue.addUser(user, now: self.now) }
    }

    var comment: Comment { "seed \(self.seed)" }

    mutating func step() async throws {
        self.now = self.now + .milliseconds(self.number(below: 5000))
        switch self.number(below: 100) {
        case 0..<10: try await self.importFile()
        case 10..<45: try await self.claim()
        case 45..<65: try await self.settle()
        case 65..<70: try await self.receive()
        case 70..<75: try await self.write()
        case 75..<85: try await self.holdOrRelease()
        case 85..<88: try await self.crash()
        case 88..<91: try await self.handOver()
        case 91..<94: try await self.end()
        case 94: _ = try await self.test.queue.failOrphans(of: self.anyDevice(), now: self.now)
        case 95: try await self.rename()
        default: try await self.changeList()
        }
    }

    private mutating func importFile() async throws {
        self.lastBatch += 1
        let seed = self.test.seed(self.lastBatch, user: self.anyUser())
        let requests = (0..<self.number(below: 9)).map { _ in self.anyRequest() }
        let first = self.number(below: requests.count + 1)
        try await self.test.queue.append(rows(Array(requests[..<first])), to: seed, now: self.now)
        if self.number(below: 4) == 0 { try await self.write() }
        if self.number(below: 8) == 0 {
            try await self.test.queue.openBatch(seed)
            try await self.test.queue.hold(.batch(seed.id), now: self.now)
        }
        try await self.test.queue.finishImport(
            rows(Array(requests[first...]), after: first), of: seed, isStrict: false, now: self.now)
    }

    private mutating func claim() async throws {
        let judge = self.anyJudge()
        let lanes = Set(Lane.allCases.filter { _ in self.number(below: 4) > 0 })
        let claim = try await self.test.judge(
            judge, 1 + self.number(below: 3), for: self.anyDevice(),
            order: Priority.allCases.shuffled(using: &self.generator), lanes: lanes,
            takesUnowned: self.number(below: 4) > 0, now: self.now)
        for message in claim.messages {
            #expect(lanes.contains(message.lane), self.comment)
            self.wires.append(message.wireID)
        }
    }

    private mutating func settle() async throws {
        let open = try await self.test.database.access.read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT id, attempts FROM message WHERE status = 'processing' AND uncertainAt IS NULL ORDER BY id"
            ).map { (id: QueueID(rawValue: $0["id"]), attempts: $0["attempts"] as Int) }
        }
        guard let message = open.randomElement(using: &self.generator) else { return }
        let settlement: Settlement =
            switch self.number(below: 8) {
            case 0..<3: .sent(at: self.now)
            case 3: .failed(.notOnWhatsApp, error: "No account")
            case 4: .uncertain(detail: "No answer")
            case 5, 6: .returned(reason: "Lost")
            default: .deferred(until: self.now + .seconds(self.number(below: 60)), code: "503", reason: "Busy")
            }
        try await self.test.queue.settle(
            [SettledAttempt(message: message.id, attempt: message.attempts, settlement: settlement)], now: self.now)
    }

    private mutating func receive() async throws {
        guard let wire = self.wires.randomElement(using: &self.generator) else { return }
        let readAt = self.number(below: 2) == 0 ? self.now : nil
        try await self.test.queue.recordReceipts(
            [Receipt(wireID: wire, deliveredAt: self.now, readAt: readAt)], now: self.now)
    }

    private mutating func write() async throws {
        let number = self.anyNumber()
        let device = self.anyDevice()
        let age = Duration.seconds(self.number(below: 3) == 0 ? 100_000 : 0)
        try await self.test.queue.recordInbound(from: number, to: device, at: self.now - age, now: self.now)
        switch self.number(below: 6) {
        case 0: _ = try await self.test.queue.optOut(number, from: device, now: self.now)
        case 1, 2: try await self.test.queue.optIn(number, to: device)
        default: break
        }
    }

    private mutating func holdOrRelease() async throws {
        let pending = try await self.test.values(
            Int64.self, "SELECT id FROM message WHERE status = 'pending' ORDER BY id")
        let batch = BatchID(rawValue: Int64(1 + self.number(below: Int(max(1, self.lastBatch)))))
        let target: HoldTarget
        switch self.number(below: 8) {
        case 0..<3:
            guard let id = pending.randomElement(using: &self.generator) else { return }
            target = .message(QueueID(rawValue: id))
        case 3, 4:
            guard self.lastBatch > 0 else { return }
            target = .batch(batch)
        case 5: target = .user(self.anyUser())
        case 6: target = .device(self.anyDevice())
        default: target = .all
        }
        if self.number(below: 5) < 2 {
            try await self.test.queue.hold(target, now: self.now)
        } else {
            try await self.test.queue.release(target, now: self.now)
        }
        try await self.test.queue.failHeld(now: self.now)
        try await self.test.queue.expire(now: self.now)
    }

    private mutating func crash() async throws {
        try await self.test.queue.rescueAbandonedClaims(now: self.now)
        for device in self.devices {
            let policy = [UncertainPolicy.resend, .hold, .fail][self.number(below: 3)]
            try await self.test.queue.resolveUncertain(of: device, since: self.now, policy: policy, now: self.now) {
                [now] attempts, _ in attempts < 4 ? now + .seconds(5) : nil
            }
        }
        if self.number(below: 3) == 0 { try await self.test.queue.correctTimes(now: self.now) }
    }

    private mutating func handOver() async throws {
        let other = self.number(below: 2) == 0 ? nil : self.anyDevice()
        _ = try await self.test.queue.handOver(
            from: self.anyDevice(), lanes: [.reply, .known], to: other, upTo: 3, now: self.now)
        let batch = BatchID(rawValue: Int64(1 + self.number(below: Int(max(1, self.lastBatch)))))
        guard self.lastBatch > 0, self.number(below: 3) == 0 else { return }
        _ = try await self.test.queue.move(.batch(batch), to: self.anyDevice(), now: self.now)
    }

    private mutating func end() async throws {
        guard self.lastBatch > 0 else { return }
        let batch = BatchID(rawValue: Int64(1 + self.number(below: Int(self.lastBatch))))
        _ = try await self.test.queue.cancel(.batch(batch), now: self.now)
    }

    /// There and back: a name is in every table for a while.
    private mutating func rename() async throws {
        let renaming = DeviceRenaming(from: self.anyDevice(), to: DeviceID(rawValue: "new"))
        try await self.test.queue.beginRenaming(renaming)
        _ = try await self.test.judge(ScriptedJudge(), for: renaming.to, now: self.now)
        try await self.test.queue.undoRenaming(renaming)
    }

    private mutating func changeList() async throws {
        let number = self.anyNumber()
        if self.number(below: 3) == 0 {
            try await self.test.queue.suppress([number], of: self.anyUser(), source: "test", now: self.now)
        } else {
            for user in self.users { try await self.test.queue.unsuppress([number], of: user) }
        }
    }

    private mutating func anyJudge() -> ScriptedJudge {
        let generator = Mutex(SeededGenerator(seed: UInt64(self.number(below: 1 << 30))))
        return ScriptedJudge { [now] candidate in
            if candidate.facts.isSuppressed { return .cancel(.suppressed, error: "On the list") }
            return generator.withLock { generator in
                switch Int.random(in: 0..<10, using: &generator) {
                case 0, 1:
                    .wait(until: max(now, candidate.facts.lastSlot ?? now) + .seconds(20), reason: "gap")
                case 2 where !candidate.isReleased:
                    .hold(code: .duplicateMessage, reason: "the same text", failAt: now + .seconds(600))
                case 3: .change(to: Lane.allCases.randomElement(using: &generator) ?? .cold)
                default: .send
                }
            }
        }
    }

    private mutating func anyRequest() -> MessageRequest {
        MessageRequest(
            recipient: self.number(below: 10) == 0
                ? .group("12036\(self.number(below: 2))@g.us") : .phone(self.anyNumber()),
            text: "Text \(self.number(below: 5))", device: self.number(below: 4) == 0 ? self.anyDevice() : nil,
            sendAt: self.number(below: 4) == 0 ? self.now + .seconds(self.number(below: 120)) : nil,
            expiresAt: self.number(below: 8) == 0 ? self.now + .seconds(self.number(below: 900)) : nil,
            priority: Priority.allCases[self.number(below: 3)])
    }

    private mutating func anyNumber() -> String { "155501000\(10 + self.number(below: 12))" }

    private mutating func anyUser() -> UserName { self.users[self.number(below: self.users.count)] }

    private mutating func anyDevice() -> DeviceID { self.devices[self.number(below: self.devices.count)] }

    private mutating func number(below bound: Int) -> Int { Int.random(in: 0..<bound, using: &self.generator) }
}

/// The end of a walk: everything that can be claimed is, and in turns.
extension SchedulingWalk {
    /// Lets go of everything, waits until all is due, and claims it message by message.
    mutating func drain() async throws {
        self.now = self.now + .seconds(200_000)
        try await self.test.queue.rescueAbandonedClaims(now: self.now)
        for device in self.devices {
            try await self.test.queue.resolveUncertain(of: device, since: self.now, policy: .resend, now: self.now) {
                [now] _, _ in now
            }
        }
        for target in [HoldTarget.all] + self.devices.map({ .device($0) }) + self.users.map({ .user($0) }) {
            try await self.test.queue.release(target, now: self.now)
        }
        for batch in stride(from: 1, through: self.lastBatch, by: 1) {
            try await self.test.queue.release(.batch(BatchID(rawValue: batch)), now: self.now)
        }
        try await self.test.execute("UPDATE message SET heldAt = NULL, holdCode = NULL, failAt = NULL")
        for device in self.devices + [DeviceID(rawValue: "new")] {
            for priority in Priority.allCases { try await self.claimAll(priority, device) }
        }
    }

    /// Claims what the device may claim of this priority; no user waits for more than one turn of each other.
    private mutating func claimAll(_ priority: Priority, _ device: DeviceID) async throws {
        var waits: [Int64: Int] = [:]
        while true {
            let before = try await self.claimable(priority, device)
            let claim = try await self.test.judge(ScriptedJudge(), for: device, order: [priority], now: self.now)
            if claim.messages.isEmpty, claim.hasMore { continue }
            guard let message = claim.messages.first else {
                #expect(before.isEmpty, "\(before) can be claimed by \(device), seed \(self.seed)")
                return
            }
            try await self.test.settle(message, .sent(at: self.now), now: self.now)
            let user = try #require(before[message.id.rawValue], "message \(message.id), seed \(self.seed)")
            for other in Set(before.values) { waits[other, default: 0] += 1 }
            waits[user] = 0
            for (other, turns) in waits { #expect(turns <= self.users.count + 1, "user \(other), seed \(self.seed)") }
            for other in waits.keys where !before.values.contains(other) { waits[other] = 0 }
        }
    }

    /// What the device may claim, by the tables of messages alone, and whose it is.
    private func claimable(_ priority: Priority, _ device: DeviceID) async throws -> [Int64: Int64] {
        try await self.test.database.access.read { [now] db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT m.id, m.userId FROM message m LEFT JOIN recipient r ON r.number = m.number
                    WHERE m.status = 'pending' AND m.heldAt IS NULL AND m.priority = ?1 AND m.notBefore <= ?2
                    AND (m.expiresAt IS NULL OR m.expiresAt > ?2)
                    AND (m.owner = ?3 OR m.owner = '' AND coalesce(r.owner, '') IN ('', ?3))
                    """, arguments: [priority.rawValue, now.milliseconds, device.rawValue])
            return Dictionary(uniqueKeysWithValues: rows.map { ($0["id"], $0["userId"]) })
        }
    }
}
