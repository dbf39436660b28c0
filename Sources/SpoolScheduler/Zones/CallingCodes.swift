import SpoolCore

/// Which time zones the people of a number may live in, by its country code.
enum CallingCodes {
    /// The longest prefix of the table.
    private static let longest = 7

    /// The names of the zones of the number's country, `nil` for a number of none (satellites, free calls).
    /// - Parameter number: Country code and number, digits only.
    static func zoneNames(of number: some StringProtocol) -> (code: Int, names: String)? {
        var prefix = 0
        var found: (Int, String)?
        for digit in number.utf8.prefix(Self.longest) {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { break }
            prefix = prefix * 10 + Int(digit - UInt8(ascii: "0"))
            if let names = Self.zoneNames[prefix] { found = (prefix, names) }
        }
        return found
    }
}
