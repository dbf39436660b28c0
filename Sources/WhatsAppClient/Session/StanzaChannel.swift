public import WhatsAppBinary

/// What the verbs of a session speak through: one linked device's live connection.
///
/// Calls may overlap. Frames go out in the order in which the calls took effect, and none waits for another's answer.
public protocol StanzaChannel: Sendable {
    /// Sends a request and gives its answer, an `iq` of type `result`.
    ///
    /// - Parameter iq: without `id`, which the channel sets.
    /// - Throws: `refused` for an answer of type `error`; `timedOut` after 75 s; `notConnected`, `connectionLost`,
    ///   `unsendable`, `cancelled`.
    func query(_ iq: Node) async throws(ClientError) -> Node

    /// Sends a stanza that has no answer, and returns when the frame was handed to the pipe.
    func send(_ node: Node) async throws(ClientError)

    /// Sends a message and gives the `ack` with its id, whatever the ack says: errors are its attribute `error`.
    ///
    /// When this fails, `ClientError.mayHaveLeft` tells whether the server may have seen the message.
    /// - Parameter id: the `id` of `node`. One that is waited for already throws `duplicateID`.
    /// - Throws: `timedOut` after 75 s; `notConnected`, `connectionLost`, `unsendable`, `cancelled`.
    func sendMessage(_ node: Node, id: String) async throws(ClientError) -> Node
}
