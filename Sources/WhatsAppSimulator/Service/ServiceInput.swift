import CryptoPrimitives
import Foundation
import WhatsAppBinary
import WhatsAppCrypto

/// One connection of a run; numbers are not used twice.
struct ConnectionID: Hashable, Sendable, CustomStringConvertible {
    let number: Int

    var description: String { "connection \(self.number)" }
}

/// What happens to the service.
enum ServiceInput: Sendable {
    /// A client has finished its handshake with this key and this payload.
    case connected(ConnectionID, noiseKey: PublicKey, payload: [UInt8])
    case stanza(ConnectionID, Node)
    /// Something came that is no stanza; what and why.
    case garbage(ConnectionID, String)
    case disconnected(ConnectionID)
    /// Time has passed.
    case timer
    /// A person does something.
    case person(PersonAct)
    case faults([Fault])
    /// A file that was to be fetched is decrypted, or is not.
    case fetched(Int, SimulatedPhone.DownloadResult)
}

/// What a person does with a phone.
enum PersonAct: Sendable {
    case send(from: String, to: String, text: String, id: String)
    case read(number: String, from: String, id: String)
    case unlink(SimulatedDeviceID)
    case setOnline(number: String, Bool)
    case giveToken(from: String, to: String)
    case setTyping(from: String, to: String, Bool)
}

/// What the service does.
enum ServiceOutput: Sendable, Hashable {
    case send(Node, to: ConnectionID, FrameStyle)
    /// Everything sent before goes out first. Abruptly: without goodbye, as when a network fails.
    case close(ConnectionID, abruptly: Bool)
    /// `timer` wants to come at this time, at the latest; a later one of these takes an earlier one's place.
    case wake(at: Date)
    /// A phone fetches a file; `fetched` with this number says what became of it.
    case fetch(Int, MediaOrder)
    /// A file lies on the media servers no longer.
    case discard(UploadToken)
}

/// How stanzas become bytes; none of it changes what they say.
struct FrameStyle: OptionSet, Hashable, Sendable {
    let rawValue: Int

    static let compressed = FrameStyle(rawValue: 1)
    /// Frames are cut over WebSocket messages.
    static let split = FrameStyle(rawValue: 2)
    /// A WebSocket message takes as many frames as there are.
    static let joined = FrameStyle(rawValue: 4)
}

/// What is done when its time comes.
enum LaterWork: Sendable {
    case pairingEnds(ConnectionID)
    case endPairing(ConnectionID, Node?)
    case fault(Fault)
    case send(Node, to: ConnectionID)
    case success(ConnectionID)
    case deliver([Delivery])
    case release(SimulatedDeviceID)
    case read(SimulatedDeviceID, MessageKey)
    case reply(from: String, to: String, text: String)
    case fetch(Int, MediaOrder)
}
