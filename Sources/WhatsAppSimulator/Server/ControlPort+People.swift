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

    private static func number(_ text: String) throws(ControlError) -> String {
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

    func send(from number: String, _ object: ScriptObject) async throws -> [String: Any] {
        let texts = try Self.texts("to", "text", in: object)
        let id = await self.server.send(
            from: try Self.number(number), to: try Self.number(texts[0]), text: texts[1])
        guard let id else { throw ControlError(.notFound, "one of the two numbers has no account") }
        return ["success": true, "id": id]
    }

    func inbox(_ number: String) async throws -> [String: Any] {
        let messages = await self.server.inbox(of: try Self.number(number))
        return [
            "success": true,
            "messages": messages.map { message in
                [
                    "id": message.id, "from": message.from, "chat": message.chat, "text": message.text,
                    "fromMe": message.isFromMe, "repeats": message.repeats, "read": message.isRead,
                    "time": Int(message.time.timeIntervalSince1970),
                ] as [String: Any]
            },
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
            "faults": state.armedFaults, "complaints": state.complaints,
            "counts": [
                "accepted": state.counts.acceptedMessages, "repeated": state.counts.repeatedMessages,
                "shown": state.counts.shownMessages, "rawRepeats": state.counts.rawRepeats,
                "undecryptable": state.counts.undecryptable, "logins": state.counts.logins,
            ],
        ]
    }
}
