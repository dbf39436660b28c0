/// What a temporary ban is for.
enum BanCode {
    static func words(_ code: Int?) -> String {
        let number = code.map { " (\($0))" } ?? ""
        return switch code {
        case 101: "too many messages to people who do not know it" + number
        case 102: "too many people have blocked it" + number
        case 103: "too many groups made with people who do not know it" + number
        case 104: "the same message to too many people" + number
        case 106: "too many messages to broadcast lists" + number
        default: "the service does not say why" + number
        }
    }

    /// Blocked by people, or sending one text to many: going on as before would end the account.
    static func needsPerson(_ code: Int?) -> Bool { code == 102 || code == 104 }
}
