import Foundation
import FuzzTargets
import Testing

/// A fuzzer that never gets past the first check finds nothing: each corpus holds what the target accepts.
@Suite struct AcceptedInputTests {
    @Test(arguments: FuzzTarget.allCases)
    func `the corpus holds every message the target's other side would send`(target: FuzzTarget) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpora/\(target.rawValue)")
        for (number, bytes) in target.accepted.enumerated() {
            let file = folder.appending(path: "accepted-\(number)")
            if ProcessInfo.processInfo.environment["SPOOL_WRITE_CORPORA"] != nil {
                try Data(bytes).write(to: file)
            }
            #expect(try Array(Data(contentsOf: file)) == bytes, "write it anew with SPOOL_WRITE_CORPORA=1")
        }
    }
}
