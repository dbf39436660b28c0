extension FaultAction {
    /// The events this action makes sense at.
    var acceptedEvents: Set<Fault.Event> {
        switch self {
        case .ackError, .dropAck, .delayAck, .disconnectBeforeAck, .disconnectAfterAck, .undelivered, .delayDelivery,
            .loseSession, .read:
            [.message]
        case .reply: [.message, .now]
        case .duplicate, .reorder: [.message, .delivery]
        case .corrupt, .drop: [.delivery]
        case .iqError, .dropAnswer: [.usync, .preKeys, .upload, .mediaConnection, .groupQuery]
        case .httpError, .slowBody, .resetAfter: [.mediaUpload, .mediaDownload]
        case .truncatedAnswer: [.mediaUpload]
        case .withoutOneTimeKey, .wrongSignature: [.preKeys]
        case .failure, .delaySuccess, .compress, .split, .join, .silence: [.login]
        case .expiredCertificate, .wrongRoot, .wrongLeaf, .corruptHandshake, .corruptFrame: [.connection]
        case .wrongHMAC, .wrongAccountSignature, .garbageContainer, .hosted, .withoutLID, .bare, .refresh,
            .refreshCode, .passkey, .closeInsteadOfRestart, .delayRestart, .straySuccess:
            [.pairing]
        case .disconnect, .streamError, .conflict, .unlink, .timeLock, .capping, .preKeyCount, .serverPing, .hostDown,
            .hostUp, .expireMedia, .revokeMediaAuth, .groupNaming:
            Set(Fault.Event.allCases).subtracting([.connection, .pairing])
        case .identityChange, .addDevice, .removeDevice, .phoneOffline, .phoneOnline, .joinGroup, .leaveGroup,
            .removeFromGroup:
            Set(Fault.Event.allCases).subtracting([.connection, .pairing, .delivery])
        }
    }

    /// Whether it happens to a person rather than to a companion, and so needs `to` where no message has one.
    var concernsRecipient: Bool {
        switch self {
        case .reply, .identityChange, .addDevice, .removeDevice, .phoneOffline, .phoneOnline, .joinGroup, .leaveGroup,
            .removeFromGroup:
            true
        default: false
        }
    }

    /// The group that a person joins or leaves.
    var group: String? {
        switch self {
        case .joinGroup(let group), .leaveGroup(let group), .removeFromGroup(let group): group
        default: nil
        }
    }
}
