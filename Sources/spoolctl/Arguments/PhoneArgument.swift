import ArgumentParser

/// The number of the phone that asks for a pairing code, as a person writes it.
struct PhoneArgument: Equatable, Sendable {
    /// With the country's code, without a plus sign.
    let digits: String

    init(argument: String) throws {
        var digits = argument.filter { !"-.() /".contains($0) }
        if digits.hasPrefix("+") {
            digits.removeFirst()
        } else if digits.hasPrefix("00") {
            digits.removeFirst(2)
        }
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw ValidationError("a phone number has only digits, spaces and + - . ( ) /")
        }
        guard !digits.hasPrefix("0") else {
            throw ValidationError("write the number with the country's code, such as +49 30 123456")
        }
        guard (7...15).contains(digits.utf8.count) else {
            throw ValidationError("a phone number has 7 to 15 digits with the country's code")
        }
        self.digits = digits
    }
}
