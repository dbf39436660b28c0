public import Foundation
public import SpoolQueue

/// What the API tells that is not in the queue; the daemon knows it.
public protocol DaemonState: Sendable {
    /// `true` when nothing leaves this machine; every successful answer then says so.
    var isDryRun: Bool { get }

    /// All devices, in the order they are shown.
    func devices() async throws -> [DeviceView]

    /// Why a pending message waits about which the queue itself says nothing; `nil` when it only waits for its turn.
    func waitReason(of message: MessageView) async -> String?

    /// When the message will go out, as a phrase such as `5-20 seconds`; `nil` when nobody can say.
    /// - Parameter ahead: How many pending messages were queued before it.
    func estimatedDelivery(of message: MessageView, ahead: Int) async -> String?

    /// When the last message of an open batch will be final; `nil` when nobody can say.
    func estimatedCompletion(of batch: BatchView) async -> Date?

    /// Why the daemon should get no work now, each reason in words; empty when it is ready.
    func notReady() async -> [String]
}

extension DaemonState {
    public func waitReason(of message: MessageView) async -> String? { nil }
}
