import CryptoPrimitives
import Foundation
import Logging
import WhatsAppBinary

extension Messenger {
    /// Brings an attachment to the media servers, or finds that it is there: one upload serves all messages with the same
    /// file, until it is a week old, has expired or is reported as gone. May take as long as
    /// `MessagePolicy.uploadPatience`, beside everything else.
    ///
    /// Has nothing to do with any recipient: what fails here says nothing about one, nor about the account.
    public func upload(_ attachment: MediaAttachment) async -> Result<UploadedAttachment, AttachmentFailure> {
        await self.uploads.upload(attachment).map { UploadedAttachment(attachment, $0) }
    }

    /// Somebody could not get the file of a message of ours: new messages get a new upload.
    ///
    /// Whoever was sent a file can say so, so only so many are believed in an hour.
    func retireUpload(reportedBy stanza: Node) async throws(ClientError) {
        guard let id = stanza.string("id"), id.isShort,
            self.uploadReports.isBelow(MessagePolicy.uploadReportsPerHour, now: self.uptime)
        else { return }
        let chats = [stanza.child("rmr")?.jid("jid"), stanza.jid("recipient"), stanza.jid("from")].compactMap(\.self)
        let isRetired = try await self.write { state in
            guard let sent = try state.sentMessage(id, in: chats),
                let named = MessageContent.upload(in: sent.content.exposed),
                // There may be a newer one already.
                try state.loadMediaUpload(named.key)?.fileEncSHA256 == named.fileEncSHA256
            else { return false }
            try state.deleteMediaUpload(named.key)
            return true
        }
        guard isRetired else { return }
        self.uploadReports.increment(now: self.uptime)
        self.logger.info("an upload is not at the media servers any more")
    }
}

extension DeviceState {
    /// The message of ours with this id in one of the chats, by whatever name of it.
    func sentMessage(_ id: String, in chats: [JID]) throws -> SentMessage? {
        for chat in chats.map(\.normalized) {
            for name in try self.names(of: chat) {
                if let message = try self.loadSentMessage(id: id, chat: name) { return message }
            }
        }
        return nil
    }
}
