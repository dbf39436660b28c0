extension FaultAction {
    /// Reads the word `do` and what belongs to it.
    init(_ object: inout ScriptObject) throws(ScenarioError) {
        guard let word = try object.string("do") else { throw object.error("do", "is missing") }
        if let action = FaultAction.simple[word] {
            self = action
        } else if let action = try FaultAction.timed(word, &object) {
            self = action
        } else if let action = try FaultAction.coded(word, &object) {
            self = action
        } else if let action = try FaultAction.restricting(word, &object) {
            self = action
        } else if let action = try FaultAction.media(word, &object) {
            self = action
        } else if let action = try FaultAction.group(word, &object) {
            self = action
        } else {
            let known = (Array(FaultAction.simple.keys) + FaultAction.wordsWithFields).sorted()
            throw object.error("do", "unknown; known: \(known.joined(separator: ", "))")
        }
    }

    /// The words that need no other field.
    private static let simple: [String: FaultAction] = [
        "dropAck": .dropAck, "disconnectBeforeAck": .disconnectBeforeAck, "disconnectAfterAck": .disconnectAfterAck,
        "duplicate": .duplicate, "reorder": .reorder, "undelivered": .undelivered, "loseSession": .loseSession,
        "corrupt": .corrupt, "drop": .drop, "dropAnswer": .dropAnswer, "withoutOneTimeKey": .withoutOneTimeKey,
        "wrongSignature": .wrongSignature, "compress": .compress, "split": .split, "join": .join,
        "silence": .silence, "expiredCertificate": .expiredCertificate, "wrongRoot": .wrongRoot,
        "wrongLeaf": .wrongLeaf, "corruptHandshake": .corruptHandshake, "corruptFrame": .corruptFrame,
        "wrongHMAC": .wrongHMAC, "wrongAccountSignature": .wrongAccountSignature,
        "garbageContainer": .garbageContainer, "hosted": .hosted, "withoutLID": .withoutLID, "bare": .bare,
        "refresh": .refresh, "refreshCode": .refreshCode, "passkey": .passkey,
        "closeInsteadOfRestart": .closeInsteadOfRestart, "straySuccess": .straySuccess, "disconnect": .disconnect,
        "unlink": .unlink, "identityChange": .identityChange, "addDevice": .addDevice,
        "removeDevice": .removeDevice, "phoneOffline": .phoneOffline, "phoneOnline": .phoneOnline,
        "truncatedAnswer": .truncatedAnswer, "expireMedia": .expireMedia, "revokeMediaAuth": .revokeMediaAuth,
    ]

    private static let wordsWithFields = [
        "ackError", "capping", "conflict", "delayAck", "delayDelivery", "delayRestart", "delaySuccess", "failure",
        "groupAddressing", "hostDown", "hostUp", "httpError", "iqError", "joinGroup", "leaveGroup", "preKeyCount",
        "read", "removeFromGroup", "reply", "resetAfter", "serverPing", "slowBody", "streamError", "timeLock",
    ]

    private static func timed(_ word: String, _ object: inout ScriptObject) throws(ScenarioError) -> FaultAction? {
        switch word {
        case "delayAck": .delayAck(seconds: try object.required("seconds"))
        case "delayDelivery": .delayDelivery(seconds: try object.required("seconds"))
        case "delaySuccess": .delaySuccess(seconds: try object.required("seconds"))
        case "delayRestart": .delayRestart(seconds: try object.required("seconds"))
        case "read": .read(after: try object.seconds("seconds") ?? 0)
        case "reply": .reply(text: try object.required("text"), after: try object.seconds("seconds") ?? 0)
        default: nil
        }
    }

    private static func coded(_ word: String, _ object: inout ScriptObject) throws(ScenarioError) -> FaultAction? {
        switch word {
        case "ackError": .ackError(try object.required("code"))
        case "iqError": .iqError(try object.required("code"), backoff: try object.integer("backoff"))
        case "failure":
            .failure(
                reason: try object.required("reason"), code: try object.integer("code"),
                expire: try object.integer("expire"))
        case "streamError":
            .streamError(code: try object.integer("code"), child: try object.string("child"))
        case "conflict":
            .conflict(try object.string("type") ?? "replaced", code: try object.integer("code"))
        case "preKeyCount": .preKeyCount(try object.required("count"))
        case "serverPing": .serverPing(withoutID: try object.bool("withoutId") ?? false)
        default: nil
        }
    }

    private static func restricting(
        _ word: String, _ object: inout ScriptObject
    ) throws(ScenarioError) -> FaultAction? {
        switch word {
        case "timeLock":
            return .timeLock(
                seconds: try object.required("seconds"), enforcement: try object.string("enforcement") ?? "DEFAULT",
                quiet: try object.bool("quiet") ?? false)
        case "capping":
            guard let status = try object.word("status", AccountRestriction.Capping.Status.self) else {
                throw object.error("status", "is missing")
            }
            return .capping(
                status: status.rawValue, total: try object.integer("total") ?? -1,
                used: try object.integer("used") ?? 0, seconds: try object.seconds("seconds") ?? 2_592_000)
        default: return nil
        }
    }
}

extension FaultAction {
    private static func media(_ word: String, _ object: inout ScriptObject) throws(ScenarioError) -> FaultAction? {
        switch word {
        case "httpError":
            let code: Int = try object.required("code")
            guard 400...599 ~= code else { throw object.error("code", "400 to 599 are possible") }
            return .httpError(code, retryAfter: try object.integer("retryAfter"))
        case "slowBody": return .slowBody(seconds: try object.required("seconds"))
        case "resetAfter":
            guard let bytes = try object.integer("bytes"), bytes >= 0 else {
                throw object.error("bytes", "a number of bytes is wanted here")
            }
            return .resetAfter(bytes: bytes)
        case "hostDown": return .hostDown(try object.host())
        case "hostUp": return .hostUp(try object.host())
        default: return nil
        }
    }
}

extension FaultAction {
    private static func group(_ word: String, _ object: inout ScriptObject) throws(ScenarioError) -> FaultAction? {
        switch word {
        case "joinGroup": return .joinGroup(try object.requiredGroup())
        case "leaveGroup": return .leaveGroup(try object.requiredGroup())
        case "removeFromGroup": return .removeFromGroup(try object.requiredGroup())
        case "groupAddressing":
            let group = try object.requiredGroup()
            guard let naming = try object.word("addressing", GroupNaming.self) else {
                throw object.error("addressing", "is missing")
            }
            return .groupNaming(group, naming)
        default: return nil
        }
    }
}

extension ScriptObject {
    fileprivate mutating func requiredGroup() throws(ScenarioError) -> String {
        guard let group = try self.groupID("group") else { throw self.error("group", "is missing") }
        return group
    }

    fileprivate mutating func host() throws(ScenarioError) -> Int {
        let host: Int = try self.required("host")
        guard 1...2 ~= host else { throw self.error("host", "there are the servers 1 and 2") }
        return host
    }

    fileprivate mutating func required(_ key: String) throws(ScenarioError) -> Double {
        guard let value = try self.seconds(key) else { throw self.error(key, "is missing") }
        return value
    }

    fileprivate mutating func required(_ key: String) throws(ScenarioError) -> Int {
        guard let value = try self.integer(key) else { throw self.error(key, "is missing") }
        guard 0...1_000_000 ~= value else { throw self.error(key, "a number from 0 to 1000000 is wanted here") }
        return value
    }

    fileprivate mutating func required(_ key: String) throws(ScenarioError) -> String {
        guard let value = try self.string(key) else { throw self.error(key, "is missing") }
        return value
    }
}
