import SpoolCore
import Testing

@testable import SpoolFiles

struct ReadyRuleTests {
    private let key = DropKey(user: .default, name: DropFileName("orders.csv"))
    private var rule = ReadyRule(settle: .seconds(2))

    private static let handOut = ReadyRule.Action.handOut(cameByRename: false, mayStillGrow: true)
    private let file = FileObservation(inode: 7, size: 100, modified: 1, changed: 1)

    /// Looks at the file, and when the rule asks who writes to it, answers nobody.
    private mutating func see(
        _ seen: FileObservation?, _ event: ReadyRule.Event? = nil, at seconds: Double, written: Bool = false
    ) -> ReadyRule.Action {
        let now = Duration.seconds(seconds)
        let action = self.rule.observe(self.key, seen, event: event, now: now)
        guard action == .test, let seen else { return action }
        return self.rule.tested(self.key, written ? .somebodyWrites(seen) : .nobodyWrites(seen), now: now)
    }

    private func grown(to size: Int64, at moment: Int64) -> FileObservation {
        FileObservation(inode: 7, size: size, modified: moment, changed: moment)
    }

    @Test mutating func `a renamed file is handed out at once`() {
        #expect(self.see(self.file, .renamed, at: 0) == .handOut(cameByRename: true, mayStillGrow: false))
    }

    @Test mutating func `a renamed file is handed out though its writer has it open`() {
        #expect(
            self.see(self.file, .renamed, at: 0, written: true) == .handOut(cameByRename: true, mayStillGrow: false))
    }

    @Test mutating func `a renamed empty file is handed out at once`() {
        #expect(
            self.see(self.grown(to: 0, at: 1), .renamed, at: 0) == .handOut(cameByRename: true, mayStillGrow: false))
    }

    @Test(arguments: [ReadyRule.Event.created, .closedAfterWriting, .attributesChanged, nil])
    func `any other file is handed out when it did not change for the settle time`(event: ReadyRule.Event?) {
        var test = self
        #expect(test.see(self.file, event, at: 10) == .nothing)
        #expect(test.rule.nextDeadline == .seconds(12))
        #expect(test.rule.takeDue(at: .seconds(11.9)).isEmpty)
        #expect(test.rule.takeDue(at: .seconds(12)) == [self.key])
        #expect(test.see(self.file, at: 12) == Self.handOut)
        #expect(test.rule.waitingCount == 0)
    }

    @Test mutating func `every change starts the settle time anew`() {
        _ = self.see(self.grown(to: 1, at: 1), .created, at: 0)
        #expect(self.see(self.grown(to: 2, at: 2), at: 2) == .nothing)
        #expect(self.see(self.grown(to: 2, at: 2), at: 3.9) == .nothing)
        #expect(self.see(self.grown(to: 2, at: 2), at: 4) == Self.handOut)
    }

    @Test mutating func `the first close of a file written in several goes is no end`() {
        _ = self.see(self.grown(to: 1, at: 1), .closedAfterWriting, at: 0)
        #expect(self.see(self.grown(to: 2, at: 2), .closedAfterWriting, at: 1.9) == .nothing)
        #expect(self.see(self.grown(to: 2, at: 2), at: 2) == .nothing)
        #expect(self.see(self.grown(to: 2, at: 2), at: 3.9) == Self.handOut)
    }

    @Test mutating func `a file that somebody has open waits, and is asked about again`() {
        _ = self.see(self.file, .created, at: 0)
        #expect(self.rule.takeDue(at: .seconds(2)) == [self.key])
        #expect(self.see(self.file, at: 2, written: true) == .nothing)
        #expect(self.rule.nextDeadline == .seconds(4))
        #expect(self.rule.takeDue(at: .seconds(4)) == [self.key])
        #expect(self.see(self.file, at: 4) == Self.handOut)
    }

    @Test mutating func `a kernel that does not tell leaves the settle time alone to decide`() {
        _ = self.see(self.file, .created, at: 0)
        #expect(self.rule.observe(self.key, self.file, event: nil, now: .seconds(2)) == .test)
        #expect(self.rule.tested(self.key, .unknown(self.file), now: .seconds(2)) == Self.handOut)
    }

    @Test mutating func `a change between the look and the test settles anew`() {
        _ = self.see(self.file, .created, at: 0)
        #expect(self.rule.observe(self.key, self.file, event: nil, now: .seconds(2)) == .test)
        #expect(self.rule.tested(self.key, .nobodyWrites(self.grown(to: 101, at: 2)), now: .seconds(2)) == .nothing)
        #expect(self.rule.waitingCount == 1)
        #expect(self.rule.nextDeadline == .seconds(2))
        #expect(self.rule.takeDue(at: .seconds(2)) == [self.key])
        #expect(self.see(self.grown(to: 101, at: 2), at: 2) == .nothing)
        #expect(self.see(self.grown(to: 101, at: 2), at: 4) == Self.handOut)
    }

    @Test mutating func `an empty file that was not renamed waits ten minutes`() {
        let empty = self.grown(to: 0, at: 1)
        #expect(self.see(empty, .closedAfterWriting, at: 0) == .nothing)
        #expect(self.rule.nextDeadline == .seconds(600))
        #expect(self.see(empty, at: 599) == .nothing)
        #expect(self.see(empty, at: 600) == .handOut(cameByRename: false, mayStillGrow: false))
    }

    @Test mutating func `an empty file that gets content settles from then on`() {
        _ = self.see(self.grown(to: 0, at: 1), .created, at: 0)
        #expect(self.see(self.file, .closedAfterWriting, at: 100) == .nothing)
        #expect(self.rule.nextDeadline == .seconds(102))
        #expect(self.rule.takeDue(at: .seconds(102)) == [self.key])
        #expect(self.see(self.file, at: 102) == Self.handOut)
        #expect(self.rule.takeDue(at: .seconds(1000)).isEmpty)
    }

    @Test mutating func `a file that was handed out is not handed out again by events or listings`() {
        _ = self.see(self.file, .renamed, at: 0)
        let touched = FileObservation(inode: 7, size: 100, modified: 9, changed: 9)
        #expect(self.see(touched, .closedAfterWriting, at: 1) == .nothing)
        #expect(self.see(touched, .attributesChanged, at: 2) == .nothing)
        #expect(self.see(touched, at: 3) == .nothing)
        #expect(self.rule.takeDue(at: .seconds(1000)).isEmpty)
    }

    @Test mutating func `another file of the same name is handed out`() {
        _ = self.see(self.file, .renamed, at: 0)
        #expect(self.see(self.file, .renamed, at: 1) == .handOut(cameByRename: true, mayStillGrow: false))
        #expect(self.see(FileObservation(inode: 8, size: 1), at: 2) == .nothing)
        #expect(self.see(FileObservation(inode: 8, size: 1), at: 4) == Self.handOut)
        #expect(self.see(nil, at: 5) == .nothing)
        #expect(self.see(FileObservation(inode: 8, size: 1), at: 6) == .nothing)
        #expect(self.see(FileObservation(inode: 8, size: 1), at: 8) == Self.handOut)
        self.rule.forget(self.key)
        #expect(self.see(FileObservation(inode: 8, size: 1), at: 9) == .nothing)
        #expect(self.see(FileObservation(inode: 8, size: 1), at: 11) == Self.handOut)
    }

    @Test(arguments: [FileObservation.Kind.symbolicLink, .fifo, .socket, .device])
    func `what is no regular file is refused once`(kind: FileObservation.Kind) {
        var test = self
        let seen = FileObservation(kind: kind, inode: 7, size: 0)
        guard case .refuse(let refusal) = test.see(seen, .created, at: 0) else {
            Issue.record("\(kind) was not refused")
            return
        }
        #expect(refusal.code == .unreadable)
        #expect(test.see(seen, at: 30) == .nothing)
    }

    @Test mutating func `a directory is none of our business`() {
        #expect(self.see(FileObservation(kind: .directory, inode: 7, size: 4096), .renamed, at: 0) == .nothing)
        #expect(self.rule.waitingCount == 0)
    }

    @Test(arguments: [ReadyRule.Event.created, .renamed])
    func `a second name has to go within the settle time`(event: ReadyRule.Event) {
        var test = self
        var linked = self.file
        linked.linkCount = 2
        #expect(test.see(linked, event, at: 0) == .nothing)
        guard case .refuse(let refusal) = test.see(linked, at: 2) else {
            Issue.record("a hard link was not refused")
            return
        }
        #expect(refusal.code == .unreadable)
        #expect(test.see(linked, at: 30) == .nothing)
    }

    @Test mutating func `a file published by link and unlink is handed out`() {
        var linked = self.file
        linked.linkCount = 2
        #expect(self.see(linked, .created, at: 0) == .nothing)
        var alone = self.file
        alone.changed = 2
        #expect(self.see(alone, at: 2) == .nothing)
        #expect(self.see(alone, at: 4) == Self.handOut)
    }

    @Test mutating func `an unreadable file is reported once, and again when its rights changed`() {
        _ = self.rule.observe(self.key, self.file, event: .renamed, now: .zero)
        #expect(self.rule.tested(self.key, .unreadable, now: .zero) == .reportUnreadable)
        #expect(self.see(self.file, at: 30) == .nothing)
        var readable = self.file
        readable.changed = 9
        #expect(self.see(readable, .attributesChanged, at: 31) == .nothing)
        #expect(self.see(readable, at: 33) == Self.handOut)
    }

    @Test mutating func `a file that vanished is forgotten`() {
        _ = self.see(self.file, .created, at: 0)
        #expect(self.rule.observe(self.key, self.file, event: nil, now: .seconds(2)) == .test)
        #expect(self.rule.tested(self.key, .vanished, now: .seconds(2)) == .nothing)
        #expect(self.rule.waitingCount == 0)
    }

    @Test mutating func `a file put back is handed out for good when its patience ends`() {
        _ = self.see(self.file, at: 0)
        #expect(self.see(self.file, at: 2) == Self.handOut)
        self.rule.waitForMore(self.key, self.file.identity, now: .seconds(3))
        // On its way back it is not there; coming back is a rename, and changes the inode's time.
        #expect(self.see(nil, at: 3) == .nothing)
        self.rule.forgetAll(of: .default, except: [])
        var back = self.file
        back.changed = 3
        #expect(self.see(back, .renamed, at: 3) == .nothing)
        #expect(self.see(back, at: 602) == .nothing)
        #expect(self.rule.takeDue(at: .seconds(603)) == [self.key])
        #expect(self.see(back, at: 603) == .handOut(cameByRename: false, mayStillGrow: false))
    }

    @Test mutating func `a file put back that grows settles and may grow on`() {
        _ = self.see(self.file, at: 0)
        _ = self.see(self.file, at: 2)
        self.rule.waitForMore(self.key, self.file.identity, now: .seconds(3))
        #expect(self.see(self.grown(to: 200, at: 5), .closedAfterWriting, at: 5) == .nothing)
        #expect(self.see(self.grown(to: 200, at: 5), at: 7) == Self.handOut)
    }

    @Test mutating func `a file put back and withdrawn is forgotten when its patience ends`() {
        _ = self.see(self.file, at: 0)
        _ = self.see(self.file, at: 2)
        self.rule.waitForMore(self.key, self.file.identity, now: .seconds(3))
        #expect(self.rule.takeDue(at: .seconds(603)) == [self.key])
        _ = self.see(nil, at: 603)
        #expect(self.rule.waitingCount == 0)
    }

    @Test mutating func `a complete listing forgets what it does not show, of that user only`() throws {
        let ali = try #require(UserName(rawValue: "ali"))
        let other = DropKey(user: ali, name: self.key.name)
        _ = self.see(self.file, at: 0)
        _ = self.rule.observe(other, self.file, event: nil, now: .zero)
        self.rule.forgetAll(of: .default, except: [])
        #expect(self.rule.waitingCount == 1)
        self.rule.forgetAll(of: ali)
        #expect(self.rule.waitingCount == 0)
    }

    @Test mutating func `with no settle time a closed file is handed out at once, an open one soon after`() {
        self.rule = ReadyRule(settle: .zero)
        #expect(self.see(self.file, .created, at: 0, written: true) == .nothing)
        #expect(self.rule.nextDeadline == .milliseconds(100))
        #expect(self.see(self.file, .closedAfterWriting, at: 0.01) == Self.handOut)
    }

    @Test mutating func `a file that changes all the time has one place in the heap`() {
        for second in 0..<1000 {
            _ = self.see(
                self.grown(to: Int64(second + 1), at: Int64(second)), .closedAfterWriting, at: Double(second) / 1000)
        }
        #expect(self.rule.takeDue(at: .seconds(2)).count == 1)
        #expect(self.rule.nextDeadline == nil)
    }

    @Test func `twenty thousand files settle in the time of one`() {
        var rule = ReadyRule(settle: .seconds(2))
        for number in 0..<20_000 {
            let key = DropKey(user: .default, name: DropFileName("\(number).csv"))
            #expect(rule.observe(key, self.file, event: .closedAfterWriting, now: .zero) == .nothing)
        }
        let due = rule.takeDue(at: .seconds(2))
        #expect(due.count == 20_000)
        #expect(due.allSatisfy { rule.observe($0, self.file, event: nil, now: .seconds(2)) == .test })
    }
}
