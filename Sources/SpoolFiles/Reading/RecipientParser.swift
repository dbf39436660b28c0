import SpoolCore

/// Reads a recipient as people and spreadsheets write it.
///
/// Takes separators, `+`, `00`, `tel:`, spreadsheet wrappings and the digits of every script away; a national number
/// becomes international by the default country code. What could be two numbers is refused, never guessed.
struct RecipientParser: Sendable {
    /// Digits only; replaces the one leading `0` of national numbers.
    let defaultCountryCode: String?

    func recipient(from text: String?) throws(Refusal) -> Recipient {
        guard let text else { throw Self.missing }
        if self.isPlain(text.utf8) { return .phone(text) }
        let cleaned = Self.cleaned(text)
        guard !cleaned.isEmpty else { throw Self.missing }
        if let group = Self.group(cleaned) { return .group(group) }
        return .phone(try self.number(cleaned))
    }

    private static let missing = Refusal(.validation, "Phone number is required", field: MessageField.number.name)

    private static func invalid(_ message: String) -> Refusal {
        Refusal(.validation, message, field: MessageField.number.name)
    }

    /// Whether the text already is what the queue stores, as nearly all are.
    private func isPlain(_ text: String.UTF8View) -> Bool {
        guard (7...15).contains(text.count), text.first != UInt8(ascii: "0"), text.allSatisfy(\.isDigit) else {
            return false
        }
        return !(text.count == 10 && self.defaultCountryCode == "1")
    }

    // MARK: Cleaning

    /// ASCII for what means the same, without marks that cannot be seen and without what spreadsheets wrap around.
    private static func cleaned(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        for scalar in text.unicodeScalars {
            if let byte = Self.folded(scalar) { result.append(byte) }
        }
        result = Self.trimmed(result[...])
        if result.first == UInt8(ascii: "=") { result = Self.trimmed(result.dropFirst()) }
        if result.count >= 2, result.first == UInt8(ascii: "\""), result.last == UInt8(ascii: "\"") {
            result = Self.trimmed(result.dropFirst().dropLast())
        }
        if result.first == UInt8(ascii: "'") { result = Self.trimmed(result.dropFirst()) }
        if result.prefix(4).map({ $0 | 0x20 }).elementsEqual("tel:".utf8.map { $0 | 0x20 }) {
            result = Self.trimmed(result.dropFirst(4))
        }
        return result
    }

    private static func folded(_ scalar: Unicode.Scalar) -> UInt8? {
        switch scalar.value {
        case 0x09, 0xA0, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: UInt8(ascii: " ")
        case 0x061C, 0x200B...0x200F, 0x202A...0x202E, 0x2060, 0x2066...0x2069, 0xFEFF: nil
        case 0xFF0B: UInt8(ascii: "+")
        case 0..<0x80: UInt8(truncatingIfNeeded: scalar.value)
        default: Self.decimalDigit(scalar) ?? Self.notANumber
        }
    }

    /// Stands for every character that no number has.
    private static let notANumber = UInt8(ascii: "?")

    private static func decimalDigit(_ scalar: Unicode.Scalar) -> UInt8? {
        guard scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue,
            (0...9).contains(value)
        else { return nil }
        return UInt8(ascii: "0") + UInt8(value)
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var rest = bytes
        while let first = rest.first, Self.isSpace(first) { rest.removeFirst() }
        while let last = rest.last, Self.isSpace(last) { rest.removeLast() }
        return Array(rest)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    // MARK: Groups

    private static func group(_ text: [UInt8]) -> String? {
        let suffix = Array("@g.us".utf8)
        guard text.count > suffix.count, text.count <= 64,
            text.suffix(suffix.count).map({ $0 | 0x20 }).elementsEqual(suffix.map { $0 | 0x20 })
        else { return nil }
        let id = text.dropLast(suffix.count)
        guard id.first?.isDigit == true, id.last?.isDigit == true,
            id.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: "-") })
        else { return nil }
        return String(decoding: id, as: UTF8.self) + "@g.us"
    }

    // MARK: Numbers

    private func number(_ text: [UInt8]) throws(Refusal) -> String {
        let isExponent = { (byte: UInt8) in byte | 0x20 == UInt8(ascii: "e") }
        let plain = text.contains(where: isExponent) ? try Self.expanded(text) : try Self.withoutFraction(text)
        let (digits, hasPlus) = try Self.digits(plain)
        let number = try self.international(digits, hasPlus: hasPlus, text: plain)
        guard (7...15).contains(number.count) else {
            throw Self.invalid("The phone number has \(number.count) digits: 7 to 15 are needed, with the country code")
        }
        guard number.first != UInt8(ascii: "0") else {
            throw Self.invalid("No country code starts with 0: write the number as country code and number")
        }
        return String(decoding: number, as: UTF8.self)
    }

    /// The digits of `9.23001234567E+11`, if all of them are there.
    private static func expanded(_ text: [UInt8]) throws(Refusal) -> [UInt8] {
        let notANumber = Self.invalid("This is not a phone number: write country code and number in digits")
        guard let mark = text.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) else { throw notANumber }
        let mantissa = text[..<mark].drop { $0 == UInt8(ascii: "+") }
        let exponentDigits = text[(mark + 1)...].drop { $0 == UInt8(ascii: "+") }
        let fraction = mantissa.dropFirst(2)
        guard let lead = mantissa.first, lead.isDigit, mantissa.dropFirst().first.map(Self.isDecimalPoint) ?? true,
            fraction.allSatisfy(\.isDigit), !exponentDigits.isEmpty, exponentDigits.allSatisfy(\.isDigit)
        else { throw notANumber }
        guard exponentDigits.count <= 2, let exponent = Int(String(decoding: exponentDigits, as: UTF8.self)),
            lead != UInt8(ascii: "0"), fraction.count >= exponent,
            fraction.dropFirst(exponent).allSatisfy({ $0 == UInt8(ascii: "0") })
        else {
            throw Refusal(
                .numberScientific,
                "A spreadsheet shortened this number and its last digits are lost: format the column as Text",
                field: MessageField.number.name)
        }
        return [lead] + fraction.prefix(exponent)
    }

    private static func isDecimalPoint(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",")
    }

    /// The number without the `.0` of a spreadsheet's decimal; another fraction behind a whole number is refused.
    private static func withoutFraction(_ text: [UInt8]) throws(Refusal) -> [UInt8] {
        if text.suffix(2).elementsEqual(".0".utf8) { return text.dropLast(2) }
        if let point = text.lastIndex(of: UInt8(ascii: ".")), point >= 7, (1...2).contains(text.count - point - 1),
            text[..<point].allSatisfy(\.isDigit), text[(point + 1)...].allSatisfy(\.isDigit)
        {
            throw Self.invalid("This looks like a decimal number, not like a phone number: format the column as Text")
        }
        return text
    }

    private static func digits(_ text: [UInt8]) throws(Refusal) -> (digits: [UInt8], hasPlus: Bool) {
        var digits: [UInt8] = []
        var hasPlus = false
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits.append(byte)
            case UInt8(ascii: " "), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "/"):
                continue
            case UInt8(ascii: "+") where digits.isEmpty && !hasPlus:
                hasPlus = true
            default:
                throw Self.invalid("This is not a phone number: write country code and number in digits")
            }
        }
        guard !digits.isEmpty else { throw Self.invalid("This is not a phone number: it has no digits") }
        return (digits, hasPlus)
    }

    private func international(_ digits: [UInt8], hasPlus: Bool, text: [UInt8]) throws(Refusal) -> [UInt8] {
        if hasPlus || digits.starts(with: "00".utf8) {
            guard !text.contains("(0)".utf8) else {
                throw Self.invalid("The (0) belongs to national calls only: leave it out")
            }
            return hasPlus ? digits : Array(digits.dropFirst(2))
        }
        if digits.first == UInt8(ascii: "0") {
            guard let code = self.defaultCountryCode else {
                throw Self.invalid(
                    "The number is national (it starts with 0): write the country code, or set defaultCountryCode")
            }
            return Array(code.utf8) + digits.dropFirst()
        }
        if self.defaultCountryCode == "1", digits.count == 10 { return [UInt8(ascii: "1")] + digits }
        return digits
    }
}

extension UInt8 {
    /// Whether the byte is an ASCII digit.
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
