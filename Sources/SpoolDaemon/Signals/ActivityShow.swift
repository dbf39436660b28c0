import SpoolCore

/// Shows what a device does, one thing after the other. Nobody waits for it, and what fails or is late harms nobody.
final class ActivityShow: Sendable {
    private let entry: AsyncStream<ChatActivity>.Continuation

    init(_ transport: any MessageTransport, _ device: DeviceID) {
        // What a device did a minute ago is nobody's concern any more.
        let (activities, entry) = AsyncStream.makeStream(of: ChatActivity.self, bufferingPolicy: .bufferingNewest(4))
        self.entry = entry
        Task { for await activity in activities { await transport.show(activity, by: device) } }
    }

    deinit { self.entry.finish() }

    func show(_ activity: ChatActivity) {
        self.entry.yield(activity)
    }
}
