import Foundation
import HTTPTypes

extension ControlPort {
    /// The texts that a body has to have, and no others.
    private static func texts(_ keys: String..., in object: ScriptObject) throws(ControlError) -> [String] {
        var object = object
        return try Self.checked { () throws(ScenarioError) in
            var texts: [String] = []
            for key in keys {
                guard let text = try object.string(key) else { throw object.error(key, "is missing") }
                texts.append(text)
            }
            try object.finish()
            return texts
        }
    }

    static func number(_ text: String) throws(ControlError) -> String {
        guard let number = PhoneNumber.digits(of: text) else {
            throw ControlError(.badRequest, "a phone number has 7 to 15 digits")
        }
        return number
    }

    func addAccount(_ object: ScriptObject) async throws -> [String: Any] {
        let account = try Self.checked { () throws(ScenarioError) in try AccountScript(object) }
        await self.server.addAccount(account)
        return ["success": true, "number": account.number]
    }

    func scan(_ object: ScriptObject) async throws -> [String: Any] {
        let texts = try Self.texts("qr", "number", in: object)
        return try await self.link { server in try await server.scan(texts[0], as: Self.number(texts[1])) }
    }

    func enterCode(_ object: ScriptObject) async throws -> [String: Any] {
        let texts = try Self.texts("number", "code", in: object)
        return try await self.link { server in try await server.enterCode(texts[1], number: Self.number(texts[0])) }
    }

    private func link(
        _ body: (SimulatedServer) async throws -> SimulatedDeviceID
    ) async throws -> [String: Any] {
        do {
            let device = try await body(self.server)
            return ["success": true, "number": device.number, "device": Int(device.device)]
        } catch let refusal as PairingRefusal {
            throw ControlError(.conflict, refusal.description)
        }
    }

    /// `{"to", "text"}`, or `{"to", "media": {…}}`; `to` is a number or the address of a group.
    func send(from number: String, _ object: ScriptObject) async throws -> [String: Any] {
        let number = try Self.number(number)
        let (to, text, media) = try Self.letter(object)
        let id: String?
        if let media {
            id = try await self.server.send(from: number, to: to, media: media)
        } else {
            id = await self.server.send(from: number, to: to, text: text)
        }
        guard let id else {
            throw ControlError(.notFound, "one of the two numbers has no account, or is not in that group")
        }
        return ["success": true, "id": id]
    }

    private static func letter(
        _ object: ScriptObject
    ) throws(ControlError) -> (to: String, text: String, media: PhoneMedia?) {
        var object = object
        return try self.checked { () throws(ScenarioError) in
            guard let to = try object.numberOrGroup("to") else { throw object.error("to", "is missing") }
            let media = try object.object("media").map { (entry) throws(ScenarioError) in try PhoneMedia(entry) }
            let text = try object.string("text")
            guard media != nil || text != nil else { throw object.error("text", "is missing") }
            guard media == nil || text == nil else { throw object.error("text", "a file has a caption") }
            try object.finish()
            return (to, text ?? "", media)
        }
    }

    func inbox(_ number: String) async throws -> [String: Any] {
        let messages = await self.server.inbox(of: try Self.number(number))
        return ["success": true, "messages": messages.map(Self.json)]
    }

    /// Every key is there; `text` is `null` where there is a file, and `media` where there is none.
    private static func json(_ message: InboxMessage) -> [String: Any] {
        [
            "id": message.id, "from": message.from, "chat": message.chat,
            "text": message.media == nil ? message.text : NSNull(), "media": message.media.map(Self.json) ?? NSNull(),
            "fromMe": message.isFromMe, "repeats": message.repeats, "read": message.isRead,
            "time": Int(message.time.timeIntervalSince1970),
        ]
    }

    private static func json(_ media: InboxMedia) -> [String: Any] {
        func value<Value>(_ value: Value?) -> Any { value.map { $0 as Any } ?? NSNull() }
        let (status, error): (String, Any) =
            switch media.state {
            case .waiting: ("waiting", NSNull())
            case .verified: ("verified", NSNull())
            case .failed(let reason): ("failed", reason)
            }
        return [
            "kind": media.kind.rawValue, "caption": value(media.caption), "fileName": value(media.fileName),
            "mimeType": media.mimeType, "size": Int(clamping: media.size), "sha256": media.sha256,
            "seconds": value(media.seconds.map { Int($0) }), "width": value(media.width.map { Int($0) }),
            "height": value(media.height.map { Int($0) }), "thumbnailSize": value(media.thumbnailSize),
            "status": status, "error": error,
        ]
    }

    func log() async -> [String: Any] {
        let complaints = await self.server.complaints
        return [
            "success": true,
            "complaints": complaints.map { complaint in
                [
                    "time": Int(complaint.time.timeIntervalSince1970), "sender": complaint.sender,
                    "tag": complaint.tag, "id": complaint.id, "reason": complaint.reason,
                    "answer": complaint.answer,
                ] as [String: Any]
            },
        ]
    }

    func state() async -> [String: Any] {
        let state = await self.server.state
        return [
            "success": true,
            "accounts": state.accounts.map {
                ["number": $0.number, "lid": $0.lid, "name": $0.name, "devices": $0.devices.map { Int($0) }]
                    as [String: Any]
            },
            "companions": state.companions.map {
                [
                    "number": $0.device.number, "device": Int($0.device.device), "connected": $0.isConnected,
                    "active": $0.isActive, "preKeys": $0.preKeyCount, "waiting": $0.waitingStanzas,
                ] as [String: Any]
            },
            "groups": state.groups.map {
                ["id": $0.id, "subject": $0.subject, "addressing": $0.naming.rawValue, "members": $0.members]
                    as [String: Any]
            },
            "faults": state.armedFaults, "complaints": state.complaints,
            "counts": [
                "accepted": state.counts.acceptedMessages, "repeated": state.counts.repeatedMessages,
                "shown": state.counts.shownMessages, "rawRepeats": state.counts.rawRepeats,
                "undecryptable": state.counts.undecryptable, "logins": state.counts.logins,
                "mediaQueries": state.counts.mediaQueries, "uploads": state.counts.uploads,
                "uploadedBytes": state.counts.uploadedBytes, "downloads": state.counts.downloads,
                "verifiedFiles": state.counts.verifiedFiles, "staleHashes": state.counts.staleHashes,
                "readableByFormerMembers": state.counts.readableByFormerMembers,
            ],
        ]
    }
}
