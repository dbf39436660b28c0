import SpoolControl
import SpoolCore
import SpoolTestSupport
import Synchronization
import Testing

@testable import spoolctl

/// Notes what it is asked to show.
private final class RecordingView: LinkingView {
    private let state = Mutex<(shown: [LinkingState], seconds: Int, closed: Int)>(([], 0, 0))
    private let failing: CommandFailure?

    init(failing: CommandFailure? = nil) {
        self.failing = failing
    }

    var shown: [LinkingState] { self.state.withLock { $0.shown } }
    var seconds: Int { self.state.withLock { $0.seconds } }
    var closed: Int { self.state.withLock { $0.closed } }

    func show(_ state: LinkingState, _ line: JSONValue) throws(CommandFailure) {
        if let failing = self.failing { throw failing }
        self.state.withLock { $0.shown.append(state) }
    }

    func secondPassed() { self.state.withLock { $0.seconds += 1 } }
    func close() { self.state.withLock { $0.closed += 1 } }
}

struct LinkingTests {
    private typealias Lines = AsyncThrowingStream<JSONValue, any Error>

    private let clock = TestClock()
    private static let linked: JSONValue = ["state": "linked", "sessionId": "dev1", "number": "15550000001"]
    private static let connected: JSONValue = ["state": "connected", "sessionId": "dev1", "number": "15550000001"]

    /// Links while `lines` come, then the stream ends with `error`, or stays open while nothing interrupts.
    private func run(
        _ lines: [JSONValue], _ error: (any Error)? = nil, staysOpen: Bool = false, view: RecordingView = .init(),
        signal: Int32? = nil
    ) async -> CommandFailure? {
        let (stream, continuation) = Lines.makeStream()
        for line in lines { continuation.yield(line) }
        if !staysOpen { continuation.finish(throwing: error) }
        let failure: CommandFailure?
        do throws(CommandFailure) {
            try await Linking(name: "dev1", view: view).run(stream, clock: self.clock) {
                guard let signal else {
                    // The end of the task, however it comes.
                    _ = try? await TestClock().sleep(for: .seconds(1))
                    return nil
                }
                while view.shown.count < lines.count { await Task.yield() }
                return signal
            }
            failure = nil
        } catch {
            failure = error
        }
        #expect(view.closed == 1)
        return failure
    }

    @Test func `a device that connects is the end, whatever follows`() async {
        let view = RecordingView()
        let lines = [["state": "codeExpired"], Self.linked, Self.connected, ["state": "dancing"]]
        #expect(await self.run(lines, view: view, signal: nil) == nil)
        #expect(view.shown == [.codeExpired, .linked(number: "15550000001"), .connected(number: "15550000001")])
    }

    @Test(arguments: [
        ("DEVICE_EXISTS", CommandFailure.Status.badData), ("INVALID_PHONE", .badData), ("INVALID_DEVICE", .badData),
        ("NO_LINKED_DEVICES", .badData), ("DEVICE_BUSY", .tryLater), ("LINKING_FAILED", .tryLater),
        ("INTERNAL", .internalError), ("SOMETHING", .internalError),
    ])
    func `a failure says why and has its status`(code: String, status: CommandFailure.Status) async {
        let failure = await self.run([["state": "failed", "code": .string(code), "error": "Not so"]])
        #expect(failure == CommandFailure(status, "Not so (\(code))"))
    }

    @Test func `a daemon that says no more is tried again`() async {
        let failure = await self.run([["state": "qrExhausted"]])
        #expect(failure?.status == .tryLater)
        #expect(failure?.lines == ["the daemon ended the linking of dev1 without a word; see its log and try again"])
    }

    @Test(arguments: [nil, ControlError.unreachable(socket: "s", reason: "gone")])
    func `a device that is linked and not connected comes by itself`(error: ControlError?) async {
        let failure = await self.run([Self.linked], error)
        #expect(failure?.status == .tryLater)
        #expect(
            failure?.lines == [
                "not connected yet; dev1 is linked and connects by itself; see spoolctl device show dev1"
            ])
    }

    @Test func `a daemon that goes away is not reachable`() async {
        let failure = await self.run([["state": "qrExhausted"]], ControlError.unreachable(socket: "s", reason: "gone"))
        #expect(failure?.status == .unreachable)
    }

    @Test func `a line without sense ends it`() async {
        let failure = await self.run([[:], Self.connected])
        #expect(failure?.status == .internalError)
    }

    @Test(arguments: [(Int32(2), Int32(130)), (15, 143), (1, 129)])
    func `a signal ends it`(signal: Int32, status: Int32) async {
        let failure = await self.run([["state": "qrExhausted"]], staysOpen: true, signal: signal)
        #expect(failure?.exitCode == status)
        #expect(failure?.lines.first?.hasPrefix("given up") == true)
    }

    @Test func `a signal after the linking does not undo it`() async {
        let failure = await self.run([Self.linked], staysOpen: true, signal: 2)
        #expect(failure?.exitCode == 130)
        #expect(failure?.lines == ["dev1 is linked and connects by itself; see spoolctl device show dev1"])
    }

    @Test func `a view that cannot show ends it`() async {
        let gone = CommandFailure(.internalError, "standard output: Input/output error")
        let failure = await self.run([["state": "qrExhausted"]], staysOpen: true, view: RecordingView(failing: gone))
        #expect(failure == gone)
    }

    @Test func `a reader that goes away is no success`() async {
        let view = RecordingView(failing: .outputClosed)
        let failure = await self.run([["state": "qrExhausted"]], staysOpen: true, view: view)
        #expect(failure == CommandFailure(.tryLater, "nobody reads standard output", "given up"))
    }

    @Test func `the seconds are counted while it goes on`() async throws {
        let view = RecordingView()
        let (stream, continuation) = Lines.makeStream()
        async let end: Void = Linking(name: "dev1", view: view).run(stream, clock: self.clock) {
            _ = try? await TestClock().sleep(for: .seconds(1))
            return nil
        }
        for count in 1...3 {
            await self.clock.sleepers(atLeast: 1)
            self.clock.advance(by: .seconds(1))
            try await eventually("second \(count)") { view.seconds == count }
        }
        continuation.yield(Self.linked)
        continuation.yield(Self.connected)
        try await end
        #expect(view.seconds == 3)
    }
}
