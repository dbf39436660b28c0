/// What a fault does. Each word says at which events it makes sense; `acceptedEvents` has the table.
public enum FaultAction: Sendable, Hashable {
    // With a message.

    /// Refuses it with this code in the ack.
    case ackError(Int)
    /// Takes the message and never acknowledges it.
    case dropAck
    case delayAck(seconds: Double)
    /// Takes the message, delivers it, and closes the connection instead of acknowledging.
    case disconnectBeforeAck
    case disconnectAfterAck
    /// Gives the recipient's devices the message twice; with a delivery, sends it to the companion twice.
    case duplicate
    /// The recipient's receipts come before the ack; with a delivery, the message comes after the next one.
    case reorder
    /// Acknowledges the message and never delivers it, as when the recipient has blocked the sender.
    case undelivered
    case delayDelivery(seconds: Double)
    /// The recipient's phone has lost its session and asks for the message again.
    case loseSession
    /// The recipient's phone answers once it has got the message.
    case reply(text: String, after: Double)
    case read(after: Double)

    // With a delivery to a companion.

    /// Sends a ciphertext that cannot be decrypted.
    case corrupt
    /// Keeps the message from the companion until its next login.
    case drop

    // With what a companion asks for.

    /// Answers with this error, such as 429, 419 or 503; `backoff` is seconds.
    case iqError(Int, backoff: Int?)
    case dropAnswer
    /// Hands out a bundle without one-time key.
    case withoutOneTimeKey
    /// Hands out a bundle whose signature is wrong.
    case wrongSignature

    // With a transfer of media.

    /// Answers with this status, such as 401, 410 or 503; `retryAfter` is seconds.
    case httpError(Int, retryAfter: Int?)
    /// Draws the body out over so many seconds.
    case slowBody(seconds: Double)
    /// Tears the connection after so many bytes of the body.
    case resetAfter(bytes: Int)
    /// Takes the upload and sends half of the answer.
    case truncatedAnswer

    // With a login.

    /// Refuses the login; `expire` is seconds from now.
    case failure(reason: Int, code: Int?, expire: Int?)
    case delaySuccess(seconds: Double)
    /// From this login on, sends every stanza compressed.
    case compress
    /// From this login on, cuts the stream into pieces at places of no meaning.
    case split
    /// From this login on, puts what waits into as few WebSocket messages as possible.
    case join
    /// From this login on, answers no keepalive.
    case silence

    // With a connection.

    /// Presents a certificate that is over.
    case expiredCertificate
    /// Presents a chain under another root key.
    case wrongRoot
    /// Presents a certificate for another static key.
    case wrongLeaf
    /// Alters a byte of the server hello.
    case corruptHandshake
    /// Alters a byte of the first encrypted frame.
    case corruptFrame

    // With a pairing.

    case wrongHMAC
    case wrongAccountSignature
    case garbageContainer
    /// The account's keys are held by a provider.
    case hosted
    /// Leaves `lid` out.
    case withoutLID
    /// Leaves platform, business name and properties out.
    case bare
    /// Asks the companion for a new secret: the code that was scanned is void.
    case refresh
    /// Asks the companion for a new pairing code.
    case refreshCode
    /// Says that the account wants a passkey.
    case passkey
    /// Closes the connection after linking without saying that it restarts.
    case closeInsteadOfRestart
    case delayRestart(seconds: Double)
    /// Sends a success on the pairing connection, which means nothing there.
    case straySuccess

    // At any event but `connection` and `pairing`: happens to the companions of `from`, or the one concerned.

    case disconnect
    /// Ends the stream; `child` is the tag of a child such as `xml-not-well-formed` or `ack`.
    case streamError(code: Int?, child: String?)
    /// Ends the stream with a conflict, `replaced` or `device_removed`; nothing is unlinked by it.
    case conflict(String, code: Int?)
    /// Unlinks the device, as a person does on the phone.
    case unlink
    /// No messages to strangers for so many seconds (0 lifts it); says so with a notification unless `quiet`.
    case timeLock(seconds: Double, enforcement: String, quiet: Bool)
    /// The quota of new chats; `seconds` is what is left of its month.
    case capping(status: String, total: Int, used: Int, seconds: Double)
    /// Throws away all but so many of the companion's one-time pre-keys and says so.
    case preKeyCount(Int)
    case serverPing(withoutID: Bool)

    // At any event but `connection` and `pairing`: happens to the media servers.

    /// The server at this place, counted from 1, takes no connection, or does so again.
    case hostDown(Int)
    case hostUp(Int)
    /// All files are gone.
    case expireMedia
    /// What companions were given to upload with is over.
    case revokeMediaAuth

    // The same: happens to a group.

    /// The members are named in another way from now on.
    case groupNaming(String, GroupNaming)

    // At any event but `connection`, `pairing` and `delivery`: happens to the account `to`, or to the recipient.

    /// The person has installed the app anew: new identity, no sessions.
    case identityChange
    case addDevice
    case removeDevice
    case phoneOffline
    case phoneOnline
    /// The person is added to the group with this address, leaves it, or is removed by an admin.
    case joinGroup(String)
    case leaveGroup(String)
    case removeFromGroup(String)
}
