import Foundation
import SpoolCore
import SpoolHTTP
import SpoolQueue

/// A daemon that says what a test tells it to.
struct FakeDaemonState: DaemonState {
    struct Broken: Error {}

    var isDryRun = false
    var allDevices: [DeviceView]? = []
    var completion: Date?
    var reasons: [String] = []
    var obstacle: String?

    func devices() async throws -> [DeviceView] {
        guard let allDevices else { throw Broken() }
        return allDevices
    }

    func waitReason(of message: MessageView) async -> String? { self.obstacle }

    func estimatedDelivery(of message: MessageView, ahead: Int) async -> String? {
        message.status == .pending ? "after \(ahead)" : nil
    }

    func estimatedCompletion(of batch: BatchView) async -> Date? { self.completion }

    func notReady() async -> [String] { self.reasons }
}

extension DeviceView {
    static func named(_ name: String, isConnected: Bool = true, isDryRun: Bool = false) -> DeviceView {
        DeviceView(
            sessionID: DeviceID(rawValue: name), number: isConnected ? "15550100" : nil,
            status: isConnected ? "connected" : "disconnected", isConnected: isConnected,
            connectedAt: isConnected ? APIFixture.now : nil, sentLastHour: 3, hourlyLimit: 100, sentLastDay: 30,
            dailyLimit: nil, isDryRun: isDryRun)
    }
}
