/// What is said to the person who links a device.
struct LinkingWords: Sendable {
    /// The device's name, fit for a terminal.
    let name: String
    /// Digits of the phone that asks for a code; `nil` for linking by QR code.
    let phone: String?

    init(name: String, phone: String?) {
        self.name = TerminalText.safe(name)
        self.phone = phone
    }

    static let expired = "The code is void; waiting for another."
    static let exhausted = "All QR codes were shown and are void."
    static let connected = "connected"

    var asksForCode: Bool { self.phone != nil }

    var scan: String { "To link \(self.name), scan this with WhatsApp > Linked devices > Link a device:" }

    var type: String {
        let phone = self.phone.map { " on +\($0)" } ?? ""
        return "To link \(self.name)\(phone), open WhatsApp > Linked devices > Link a device > "
            + "Link with phone number instead, and type:"
    }

    func linked(_ number: String?) -> String {
        "linked \(self.name)" + (number.map { " (+\(TerminalText.safe($0)))" } ?? "")
    }
}
