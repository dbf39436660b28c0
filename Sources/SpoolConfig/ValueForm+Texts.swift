extension ValueForm where Value == String {
    /// A path of a file or directory.
    static var path: ValueForm {
        .text("a path") { (1...4096).contains($0.utf8.count) && !$0.utf8.contains(0) }
    }

    /// Any text that can be handed to a program.
    static var argument: ValueForm {
        .text("a text") { !$0.utf8.contains(0) }
    }

    /// The name of a character encoding; whether the reader knows it is the reader's word.
    static var encodingName: ValueForm {
        .text("the name of an encoding such as windows-1252") { name in
            (1...40).contains(name.utf8.count)
                && name.utf8.allSatisfy { Self.isWordByte($0) || "-_.:".utf8.contains($0) }
        }
    }

    static var countryCode: ValueForm {
        .text("1–3 digits without + or leading 0, such as 92") { code in
            (1...3).contains(code.utf8.count) && !code.hasPrefix("0") && Self.isDigits(code)
        }
    }

    /// A key of 32 bytes.
    static var hexadecimalKey: ValueForm {
        .text("64 hexadecimal digits") { key in
            key.utf8.count == 64 && key.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
        }
    }

    static var dottedNumbers: ValueForm {
        .text("2–4 numbers with dots between, such as 2.3000.0") { version in
            let parts = version.split(separator: ".", omittingEmptySubsequences: false)
            return (2...4).contains(parts.count)
                && parts.allSatisfy { Self.isDigits($0) && (UInt32($0) ?? .max) < UInt32.max }
        }
    }

    /// An international phone number or the beginning of one.
    static func phoneDigits(_ lengths: ClosedRange<Int>) -> ValueForm {
        .text("\(lengths.lowerBound)–\(lengths.upperBound) digits, country code first") { digits in
            lengths.contains(digits.utf8.count) && !digits.hasPrefix("0") && Self.isDigits(digits)
        }
    }

    private static func text(_ expects: String, _ holds: @escaping @Sendable (String) -> Bool) -> ValueForm {
        ValueForm(word: expects, parse: { holds($0) ? $0 : nil }, write: { .text($0) })
    }

    private static func isDigits(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        let character = Character(Unicode.Scalar(byte))
        return character.isASCII && (character.isLetter || character.isNumber)
    }
}

extension ValueForm where Value == TimeZoneName {
    static var timeZone: ValueForm {
        ValueForm(
            word: "a time zone such as Asia/Karachi", parse: { TimeZoneName($0) }, write: { .text($0.description) })
    }
}

extension ValueForm where Value == ListenAddress {
    static var listenAddress: ValueForm {
        ValueForm(
            word: "host:port such as 127.0.0.1:8025 or \"[::1]:8025\"",
            parse: { ListenAddress($0) }, write: { .text($0.description) })
    }
}

extension ValueForm where Value == WebSocketURL {
    static var webSocketURL: ValueForm {
        ValueForm(
            word: "an address such as wss://host/path or ws://127.0.0.1:5222/path",
            parse: { WebSocketURL($0) }, write: { .text($0.description) })
    }
}

extension ValueForm where Value == IPNetwork {
    static var network: ValueForm {
        ValueForm(
            word: "a network such as 10.0.0.0/8 or fd00::/8",
            parse: { IPNetwork($0) }, write: { .text($0.description) })
    }
}
