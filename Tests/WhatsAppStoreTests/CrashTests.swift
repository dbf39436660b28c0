import Foundation
import GRDB
import Glibc
import SpoolTestSupport
import Testing
import WhatsAppClient

@testable import WhatsAppStore

/// A process is killed at a point of a write, and another looks at what is there.
@Suite struct CrashTests {
    private let directory: TemporaryDirectory

    private var path: String { TestDevices.path(in: self.directory) }

    init() async throws {
        self.directory = try TemporaryDirectory()
        let test = try TestDevices(in: self.directory)
        try await test.addFull("a")
        try test.database.close()
    }

    private func storedLIDs() async throws -> [String] {
        let store = try await DeviceDatabase(path: self.path).store(ofDevice: "a")
        return try await store.read { state in try ["1", "2", "3"].filter { try state.loadPN(ofLID: $0) != nil } }
    }

    @Test func `killed between body and commit, nothing of the write is there`() async throws {
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = self.path as String] in
            let store = try await DeviceDatabase(path: path).store(ofDevice: "a")
            try await store.write { state in
                for name in ["1", "2", "3"] { try state.saveMapping(LIDMapping(lid: name, pn: name)) }
                kill(getpid(), SIGKILL)
            }
        }
        #expect(try await self.storedLIDs().isEmpty)
    }

    @Test func `killed in the last of the bodies that share a commit, nothing of the others is there`() async throws {
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = self.path as String] in
            let database = try DeviceDatabase(path: path)
            let store = try await database.store(ofDevice: "a")
            let gate = DispatchSemaphore(value: 0)
            database.access.asyncWriteWithoutTransaction { _ in gate.wait() }
            try await withThrowingTaskGroup { group in
                for name in ["1", "2"] {
                    group.addTask { try await store.write { try $0.saveMapping(LIDMapping(lid: name, pn: name)) } }
                }
                try await eventually("two writes to wait") { database.writer.waitingCount == 2 }
                group.addTask {
                    try await store.write { state in
                        guard try state.loadPN(ofLID: "1") != nil, try state.loadPN(ofLID: "2") != nil else { return }
                        kill(getpid(), SIGKILL)
                    }
                }
                try await eventually("three writes to wait") { database.writer.waitingCount == 3 }
                gate.signal()
                try await group.waitForAll()
            }
        }
        #expect(try await self.storedLIDs().isEmpty)
    }

    @Test func `killed when a write has returned, all of it is there`() async throws {
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = self.path as String] in
            let store = try await DeviceDatabase(path: path).store(ofDevice: "a")
            try await store.write { state in
                for name in ["1", "2", "3"] { try state.saveMapping(LIDMapping(lid: name, pn: name)) }
            }
            kill(getpid(), SIGKILL)
        }
        #expect(try await self.storedLIDs() == ["1", "2", "3"])
    }
}
