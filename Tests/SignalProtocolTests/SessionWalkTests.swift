import SpoolTestSupport
import Testing

@testable import SignalProtocol

@Suite struct SessionWalkTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `two devices read every message once or say why not, whatever the network does`(seed: UInt64) throws {
        var walk = try SessionWalk(seed: seed)
        try walk.walk(500)
        for event in ["read", "duplicateMessage", "tampered", "start"] {
            #expect(walk.tally[event, default: 0] > 0, "seed \(seed): no \(event) in \(walk.tally)")
        }
    }
}
