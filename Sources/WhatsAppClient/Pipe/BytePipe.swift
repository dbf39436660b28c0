/// A way to the server and back that carries whole WebSocket messages and understands none of them.
///
/// One task sends and one receives; they may be different ones.
public protocol BytePipe: Sendable {
    /// Sends one binary message, and returns when it was handed to the operating system.
    ///
    /// A message that was accepted may still get lost with the connection; one that was refused may have left in part.
    func send(_ message: [UInt8]) async throws(PipeError)

    /// The next binary message; `nil` once the other side has closed in an orderly way, or `close` was called.
    ///
    /// Nothing is read ahead without bound: a reader that does not ask stops the sender at the other end. Messages of
    /// more than `BytePipeLimit.messageSize` bytes end the pipe with `messageTooLarge`.
    func receive() async throws(PipeError) -> [UInt8]?

    /// Says goodbye (code 1000) and ends what waits in `send` and `receive`, without waiting for the other side. A pipe
    /// that is closed already stays so.
    func close() async
}

public enum BytePipeLimit {
    /// The longest message a pipe takes in, in bytes.
    public static let messageSize = 1 << 24
}

/// Makes pipes.
public protocol BytePipeConnector: Sendable {
    /// Connects, lends the pipe to `body`, and closes it when `body` returns.
    ///
    /// Cancelling the task ends the connecting and whatever waits in the pipe.
    /// - Throws: why there was no connection. What goes wrong later is thrown by the pipe's own methods.
    func withPipe<Value: Sendable>(
        to endpoint: PipeEndpoint, _ body: @escaping @Sendable (any BytePipe) async -> Value
    ) async throws(PipeError) -> Value
}
