import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

struct AlarmServiceTests {
    private let time = TestTime()
    private let log = LogBook()
    private let directory: TemporaryDirectory

    init() throws {
        self.directory = try TemporaryDirectory()
    }

    private func service(_ command: [String], limit: Duration? = .seconds(10)) -> AlarmService {
        AlarmService(
            command: AlarmCommand(command, limit: limit), atMostEvery: .seconds(60), clock: self.time.clock,
            wallClock: self.time.wall, logger: self.log.logger)
    }

    /// A program that writes what it is told into a file of its own.
    private var writer: [String] {
        ["sh", "-c", "read -r words; echo \"$SPOOLD_ALARM: $words\" >> \"$0\"", self.directory.path + "/told"]
    }

    private func told(_ count: Int) async throws -> [String] {
        try await eventually("\(count) alarms to be told") { try self.lines().count >= count }
        return try self.lines()
    }

    private func lines() throws -> [String] {
        guard FileManager.default.fileExists(atPath: self.directory.path + "/told") else { return [] }
        return try self.directory.text("told").split(separator: "\n").map(String.init)
    }

    @Test func `the program is told on its standard input, and the kind in a variable`() async throws {
        let service = self.service(self.writer)
        try await running(service) { _ in
            service.raise(Alarm(kind: "ban dev1", words: "the account; is $(banned)"))
            let told1 = try await self.told(1)
            #expect(told1 == ["ban dev1: the account; is $(banned)"])
        }
        #expect(self.log.errors == ["alarm: the account; is $(banned)"])
    }

    @Test func `of one kind there is one alarm in a while`() async throws {
        let service = self.service(self.writer)
        try await running(service) { _ in
            service.raise(Alarm(kind: "a", words: "1"))
            service.raise(Alarm(kind: "a", words: "2"))
            service.raise(Alarm(kind: "b", words: "3"))
            let told2 = try await self.told(2)
            #expect(told2 == ["a: 1", "b: 3"])
            self.time.advance(by: .seconds(61))
            service.raise(Alarm(kind: "a", words: "4"))
            let told3 = try await self.told(3)
            #expect(told3 == ["a: 1", "b: 3", "a: 4"])
        }
    }

    @Test(arguments: [
        (["false"], "alarm.command ended with status 1"),
        (["/no/such/program"], "alarm.command ended with status 127"),
    ])
    func `a program that fails is said`(command: [String], reason: String) async throws {
        let service = self.service(command)
        try await running(service) { _ in
            service.raise(Alarm(kind: "a", words: "1"))
            try await self.log.wait(for: "nobody was told of an alarm: \(reason)")
        }
    }

    @Test func `a program that runs too long is ended, and keeps nobody waiting`() async throws {
        let service = self.service(["sleep", "600"])
        try await running(service) { _ in
            service.raise(Alarm(kind: "a", words: "1"))
            try await self.time.idle()
            self.time.advance(by: .seconds(10))
            try await self.log.wait(for: "nobody was told of an alarm: alarm.command was ended")
        }
    }
}
