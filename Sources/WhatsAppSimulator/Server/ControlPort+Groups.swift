import Foundation
import HTTPTypes

extension ControlPort {
    /// `{"subject", "members"}`, and `id`, `addressing` and `announcement` if they are wanted.
    func makeGroup(_ object: ScriptObject) async throws -> [String: Any] {
        let group = try Self.checked { () throws(ScenarioError) in try GroupScript(object) }
        if let id = group.id, await self.server.groups[id] != nil {
            throw ControlError(.conflict, "there is a group with this id")
        }
        guard let id = await self.server.makeGroup(group) else {
            throw ControlError(.notFound, "one of the members has no account")
        }
        return ["success": true, "id": id]
    }

    /// `{"number"}` joins, leaves or is removed.
    func changeGroup(_ group: String, _ act: String, _ object: ScriptObject) async throws -> [String: Any] {
        var object = object
        let number = try Self.checked { () throws(ScenarioError) in
            guard let number = try object.phoneNumber("number") else { throw object.error("number", "is missing") }
            try object.finish()
            return number
        }
        do {
            switch act {
            case "add": try await self.server.addMember(number, to: group)
            case "remove": try await self.server.removeMember(number, from: group)
            case "leave": try await self.server.removeMember(number, from: group, byAdmin: false)
            default: throw ControlError(.notFound, "members are added or removed, or leave")
            }
        } catch let problem as GroupProblem {
            throw ControlError(problem == .noGroup || problem == .noAccount ? .notFound : .conflict, problem.text)
        }
        return ["success": true, "members": await self.server.groups[group] ?? []]
    }

    func relink(_ number: String) async throws -> [String: Any] {
        guard let count = await self.server.relink(try Self.number(number)) else {
            throw ControlError(.notFound, "the number has no account")
        }
        return ["success": true, "devices": count]
    }

    func reinstall(_ number: String) async throws -> [String: Any] {
        guard await self.server.reinstall(try Self.number(number)) else {
            throw ControlError(.notFound, "the number has no account")
        }
        return ["success": true]
    }
}

extension GroupProblem {
    fileprivate var text: String {
        switch self {
        case .noGroup: "there is no such group"
        case .noAccount: "the number has no account"
        case .isMember: "the number is in the group already"
        case .noMember: "the number is not in the group"
        }
    }
}

extension PhoneMedia {
    /// Reads `{"kind", "data"}` with the file in Base64, and `mimeType`, `fileName`, `caption` and `seconds`.
    init(_ object: ScriptObject) throws(ScenarioError) {
        var object = object
        guard let kind = try object.word("kind", InboxMedia.Kind.self) else { throw object.error("kind", "is missing") }
        guard let text = try object.string("data"), let data = Data(base64Encoded: text) else {
            throw object.error("data", "the file in Base64 is wanted here")
        }
        let seconds = try object.integer("seconds")
        guard seconds.map({ UInt32(exactly: $0) != nil }) ?? true else {
            throw object.error("seconds", "a number of seconds is wanted here")
        }
        self.init(
            kind: kind, data: data, mimeType: try object.string("mimeType"), fileName: try object.string("fileName"),
            caption: try object.string("caption"), seconds: seconds.map { UInt32($0) })
        try object.finish()
    }
}
