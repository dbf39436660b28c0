import SpoolTestSupport
import Testing

@testable import WhatsAppClient

@Suite struct ReconnectPolicyTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `delays grow as Fibonacci numbers to fifteen minutes, a tenth more or less`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var policy = ReconnectPolicy()
        let steps = [1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 900, 900, 900]
        for step in steps {
            let delay = policy.delay(using: &generator) / .seconds(step)
            #expect(0.9...1.1 ~= delay, "seed \(seed), step \(step)")
        }
    }

    @Test func `delays are not the same for all`() {
        let delays = (0..<100 as Range<UInt64>).map { seed -> Duration in
            var generator = SeededGenerator(seed: seed)
            var policy = ReconnectPolicy()
            return policy.delay(using: &generator)
        }
        #expect(Set(delays).count > 90)
    }

    @Test func `only a connection that lasted half a minute starts the count anew`() {
        var generator = SeededGenerator(seed: 1)
        var policy = ReconnectPolicy()
        for _ in 0..<8 {
            _ = policy.delay(using: &generator)
            policy.connectionEnded(upFor: .milliseconds(29_999))
        }
        #expect(policy.failures == 8)
        policy.connectionEnded(upFor: .seconds(30))
        #expect(policy.failures == 0)
    }

    @Test(arguments: [
        (PipeError.refused(status: 408), true), (.refused(status: 500), true), (.refused(status: 501), true),
        (.refused(status: 502), true), (.refused(status: 503), true), (.refused(status: 504), true),
        (.network(reason: ""), true), (.timedOut, true), (.tls(reason: ""), true), (.closed(code: 1006), true),
        (.refused(status: 400), false), (.refused(status: 403), false), (.refused(status: 404), false),
        (.refused(status: 301), false), (.refused(status: 429), false),
    ])
    func `a server that says no is asked only every fifteen minutes`(error: PipeError, isTransient: Bool) throws {
        var fixture = MachineFixture()
        _ = fixture.machine.start()
        let actions = fixture.machine.connectFailed(error, fixture.now, using: &fixture.generator)
        #expect(actions.reason == .pipe(error))
        let delay = try #require(actions.retryAfter)
        #expect(isTransient ? delay < .seconds(2) : delay > .seconds(800))
    }
}
