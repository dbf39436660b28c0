public import WhatsAppBinary

/// What a session does with the stanzas that answer nothing. The session calls it for one thing after the other, in the
/// order of the wire, and never again while a call is under way.
///
/// While a call takes its time the session goes on reading as long as somebody waits for an answer, so queries are
/// allowed in all of them; otherwise a slow handler slows the server down. Stopping the session lets the call under way
/// finish; cancelling the task that runs it cancels the call too.
public protocol StanzaHandler: Sendable {
    /// A `message`, `receipt`, `notification`, `call`, `presence` or `chatstate`, an `ib` that is not the session's own
    /// business, or an `ack` that nobody waits for any more. Acknowledging it is the handler's business.
    func handle(_ stanza: Node) async

    /// A step in the life of a connection.
    func sessionReached(_ phase: SessionPhase) async
}

/// The steps that matter to those who send and receive.
public enum SessionPhase: Hashable, Sendable {
    /// The server has accepted the login and still holds everything back. Here pre-keys are counted and uploaded: only
    /// when the handler has returned does the device become active.
    case loggedIn
    /// The device is active: messages can be sent, and the backlog arrives.
    case connected
    /// All that waited while the device was offline has been handled: every stanza of it came through `handle` before.
    case drained
    /// The connection is gone, and with it everything that waited for an answer. Another may follow.
    case disconnected
}
