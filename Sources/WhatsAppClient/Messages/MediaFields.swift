import CryptoPrimitives
import Foundation
import WhatsAppProto

/// What all kinds of media messages say. The wire has other numbers for the same field in every one of them.
protocol MediaFields {
    init()
    var url: String { get set }
    var mimetype: String { get set }
    var fileSha256: Data { get set }
    var fileLength: UInt64 { get set }
    var mediaKey: Data { get set }
    var fileEncSha256: Data { get set }
    var directPath: String { get set }
    var mediaKeyTimestamp: Int64 { get set }
    var contextInfo: WAContextInfo { get set }
}

extension MediaFields {
    /// - Parameter expiration: seconds after which messages of the chat disappear, if they do.
    init(_ attached: UploadedAttachment, _ expiration: UInt32?) {
        self.init()
        let (attachment, upload) = (attached.attachment, attached.upload)
        self.url = upload.url
        self.mimetype = attachment.mimeType
        self.fileSha256 = Data(attachment.hash)
        self.fileLength = upload.fileLength
        self.mediaKey = Data(upload.mediaKey.exposed)
        self.fileEncSha256 = Data(upload.fileEncSHA256)
        self.directPath = upload.directPath
        self.mediaKeyTimestamp = Int64(upload.keyMadeAt.timeIntervalSince1970.rounded(.down))
        if let expiration { self.contextInfo.expiration = expiration }
    }
}

extension WAImageMessage: MediaFields {}
extension WAVideoMessage: MediaFields {}
extension WAAudioMessage: MediaFields {}
extension WADocumentMessage: MediaFields {}
