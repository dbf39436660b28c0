import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import WhatsAppClient

extension PipeError {
    /// What went wrong on the way to a pipe.
    init(connecting error: any Error, _ attempt: ConnectingChannel) {
        if Task.isCancelled {
            self = .cancelled
        } else if attempt.isTimedOut {
            self = .timedOut
        } else if let status = attempt.refusal {
            self = .refused(status: Int(status.code))
        } else {
            self.init(error)
        }
    }

    /// What went wrong with a connection.
    init(_ error: any Error) {
        switch error {
        case let error as PipeError: self = error
        case is CancellationError: self = .cancelled
        case let error as NIOConnectionError: self.init(error)
        case ChannelError.connectTimeout: self = .timedOut
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: self = .tls(reason: "\(error)")
        case NIOWebSocketError.invalidFrameLength: self = .messageTooLarge(limit: BytePipeLimit.messageSize)
        case is NIOWebSocketError: self = .protocolViolation
        case is HTTPParserError, is NIOHTTPClientUpgradeError, is NotUpgraded: self = .upgradeFailed("\(error)")
        case ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed, ChannelError.eof:
            self = .network(reason: "the connection was closed")
        default: self = .network(reason: "\(error)")
        }
    }

    private init(_ error: NIOConnectionError) {
        if let lookup = error.dnsAError ?? error.dnsAAAAError, error.connectionErrors.isEmpty {
            self = .network(reason: "\(error.host): \(lookup)")
        } else if let last = error.connectionErrors.last {
            self.init(last.error)
        } else {
            self = .network(reason: "\(error.host):\(error.port): nothing answers")
        }
    }
}
