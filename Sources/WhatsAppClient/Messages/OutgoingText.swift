public import WhatsAppBinary

/// A text to a person or a group, or an attachment with the text as its caption.
public struct OutgoingText: Equatable, Sendable {
    /// Stored by the caller before the first attempt, and used again for every other one.
    public var id: String
    /// The account that the server gave for a phone number, by hidden id or number, without device; or a group.
    public var recipient: JID
    public var text: String
    /// Seconds after which messages of this chat disappear, if they do.
    public var expiration: UInt32?
    /// What `Messenger.upload` gave; the text may be empty then.
    public var attachment: UploadedAttachment?

    public init(
        id: String, recipient: JID, text: String, expiration: UInt32? = nil, attachment: UploadedAttachment? = nil
    ) {
        self.id = id
        self.recipient = recipient
        self.text = text
        self.expiration = expiration
        self.attachment = attachment
    }
}
