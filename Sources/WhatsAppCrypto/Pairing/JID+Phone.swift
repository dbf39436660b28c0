public import WhatsAppBinary

extension JID {
    /// The JID of the phone a person has typed the number of, in international form. Spaces and `+-().` are left out.
    /// - Throws: `malformedPhoneNumber` for fewer than 7 digits or more than 15, and for national numbers (beginning
    ///   with 0).
    public init(phoneToPair text: String) throws(WhatsAppCryptoError) {
        let digits = text.filter { !" +-().".contains($0) }
        guard 7...15 ~= digits.utf8.count, digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            digits.first != "0", let jid = try? JID(user: digits, server: .user)
        else {
            throw .malformedPhoneNumber
        }
        self = jid
    }
}
