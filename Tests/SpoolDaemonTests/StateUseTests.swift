import Foundation
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

@Suite struct StateUseTests {
    private let directory: TemporaryDirectory
    private let state: String

    init() throws {
        self.directory = try TemporaryDirectory()
        self.state = self.directory.path + "/deep/state"
    }

    private func use() throws {
        try Data().write(to: URL(filePath: self.state + "/" + Daemon.queueFile))
    }

    @Test func `a new directory serves either, and again in the same way`() throws {
        for use in [StateUse.simulator, .network] {
            let state = self.state + "-\(use)"
            for _ in 0..<2 {
                try use.claim(state)
                try Data().write(to: URL(filePath: state + "/" + Daemon.queueFile))
            }
            let mode = try FileManager.default.attributesOfItem(atPath: state)[.posixPermissions] as? Int
            #expect(mode == 0o750)
        }
    }

    @Test func `a directory of the simulator is not for the network`() throws {
        try StateUse.simulator.claim(self.state)
        #expect(throws: StateUseError.simulated(self.state)) { try StateUse.network.claim(self.state) }
        try self.use()
        #expect(throws: StateUseError.simulated(self.state)) { try StateUse.network.claim(self.state) }
    }

    @Test func `a directory of the network is not for the simulator`() throws {
        try StateUse.network.claim(self.state)
        try self.use()
        #expect(throws: StateUseError.notSimulated(self.state)) { try StateUse.simulator.claim(self.state) }
        try StateUse.network.claim(self.state)
    }

    @Test func `devices alone make a directory one of the network`() throws {
        try StateUse.network.claim(self.state)
        try Data().write(to: URL(filePath: self.state + "/" + Daemon.devicesFile))
        #expect(throws: StateUseError.notSimulated(self.state)) { try StateUse.simulator.claim(self.state) }
    }

    @Test func `a directory that cannot be made is said`() throws {
        let file = try self.directory.write("x", to: "file")
        #expect {
            try StateUse.simulator.claim(file + "/state")
        } throws: {
            guard case .unusable(file + "/state", _) = $0 as? StateUseError else { return false }
            return true
        }
    }
}
