import SpoolCore
import WhatsAppBinary
import WhatsAppClient

/// Who the recipients of a batch are to the network, or why that is not known.
struct RecipientMapping: Sendable {
    private var accounts: [String: Result<JID, TransportError>]

    /// - Parameters:
    ///   - lookups: what is known.
    ///   - missing: what it means that a number is not among them.
    init(_ lookups: [String: NumberLookup], missing: TransportError) {
        self.missing = missing
        self.accounts = lookups.mapValues { lookup in
            lookup.account.map { .success($0) }
                ?? .failure(.permanent(.notOnWhatsApp, detail: "the number is not on WhatsApp"))
        }
    }

    private let missing: TransportError

    func account(of recipient: Recipient) -> Result<JID, TransportError> {
        switch recipient {
        case .phone(let digits): self.accounts[digits] ?? .failure(self.missing)
        case .group(let id): Self.group(id)
        }
    }

    private static func group(_ id: String) -> Result<JID, TransportError> {
        guard let group = try? JID(id), group.server == .group, !group.user.isEmpty, group.device == 0 else {
            return .failure(.permanent(.validation, detail: "the group's id is none"))
        }
        return .success(group)
    }
}

extension Recipient {
    var phone: String? {
        switch self {
        case .phone(let digits): digits
        case .group: nil
        }
    }
}

/// When numbers may be looked up again after the server has said that it was asked too much: after 5 min, doubling to
/// 1 h. Numbers that are known can be written to meanwhile.
struct LookUpRest: Sendable {
    private static let first = Duration.seconds(300)
    private static let longest = Duration.seconds(3600)

    private var last = Duration.zero
    /// On the session's clock.
    private var ends: Duration?

    func isOver(_ now: Duration) -> Bool { self.ends.map { now >= $0 } ?? true }

    mutating func begin(_ now: Duration, atLeast backoff: Duration?) {
        self.last = self.last == .zero ? Self.first : min(self.last * 2, Self.longest)
        self.ends = now + max(self.last, backoff ?? .zero)
    }

    mutating func succeeded() {
        self = LookUpRest()
    }
}
