import Glibc
import Hummingbird
import Logging
import NIOCore

/// One request on the control socket, and the connection it came by.
struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        self.coreContext = .init(source: source)
        self.channel = source.channel
    }

    /// Calls back, once, when the client hangs up; at once when it has done so already.
    func onHangUp(_ callBack: @escaping @Sendable () -> Void) async {
        do {
            try await self.channel.pipeline.addHandler(HangUpHandler(callBack), position: .first).get()
        } catch {
            callBack()
        }
    }

    /// The user id of the process at the other end, as the kernel knows it; `nil` when the connection is gone.
    func peer() async -> uid_t? {
        guard let options = self.channel as? any SocketOptionProvider else { return nil }
        do {
            let credentials: PeerCredentials =
                try await options.unsafeGetSocketOption(level: .socket, name: .init(rawValue: SO_PEERCRED)).get()
            return credentials.user
        } catch {
            self.logger.debug("the peer of a control connection is not known", metadata: ["error": "\(error)"])
            return nil
        }
    }
}

/// The kernel's `struct ucred` (unix(7), SO_PEERCRED), which the C library shows to GNU sources only.
private struct PeerCredentials: Sendable {
    var process: pid_t
    var user: uid_t
    var group: gid_t
}

/// Notices that the other end sends nothing more, which is how a client that goes away looks from here.
private final class HangUpHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = NIOAny

    private let callBack: @Sendable () -> Void

    init(_ callBack: @escaping @Sendable () -> Void) {
        self.callBack = callBack
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { self.callBack() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.callBack()
        context.fireChannelInactive()
    }
}
