import WhatsAppBinary
import WhatsAppProto

/// What a person writes with a phone: a text, or a file that lies on the media servers already.
struct PhoneContent: Sendable, Hashable {
    let message: WAMessage
    /// What the stanza says of it.
    let type: MessageContent.StanzaType
    /// The text, or the caption.
    let text: String

    static func text(_ text: String) -> PhoneContent {
        var message = WAMessage()
        message.conversation = text
        return PhoneContent(message: message, type: .text, text: text)
    }

    /// The message for one device: wrapped when it is one of the person's own.
    func message(for device: SimulatedDeviceID, of phone: SimulatedDeviceID, chat: JID) -> WAMessage {
        guard device.number == phone.number else { return self.message }
        var wrapper = WAMessage()
        wrapper.deviceSentMessage.destinationJid = chat.description
        wrapper.deviceSentMessage.message = self.message
        return wrapper
    }
}
