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
