/// The forms in which one mobile number is written, where a country has lengthened its numbers and accounts keep the
/// form they were registered with.
enum NumberForms {
    /// The number as it is, first, and its other form where its country has two: Brazil (a 9 behind the area code),
    /// Mexico (a 1 behind the country code) and Argentina (a 9 there).
    static func of(_ number: String) -> [String] {
        [number] + (Self.other(number).map { [$0] } ?? [])
    }

    private static func other(_ number: String) -> String? {
        guard number.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
        return switch (number.utf8.count, number.prefix(2)) {
        // 55, area, eight digits of a mobile (6 to 9 in front); or the same with a 9 in front.
        case (12, "55") where "6789".contains(Self.digit(4, of: number)): Self.insert("9", at: 4, in: number)
        case (13, "55") where Self.digit(4, of: number) == "9": Self.remove(at: 4, from: number)
        case (12, "52"): Self.insert("1", at: 2, in: number)
        case (13, "52") where Self.digit(2, of: number) == "1": Self.remove(at: 2, from: number)
        case (12, "54"): Self.insert("9", at: 2, in: number)
        case (13, "54") where Self.digit(2, of: number) == "9": Self.remove(at: 2, from: number)
        default: nil
        }
    }

    private static func digit(_ index: Int, of number: String) -> Character {
        number[number.index(number.startIndex, offsetBy: index)]
    }

    private static func insert(_ digit: Character, at index: Int, in number: String) -> String {
        var number = number
        number.insert(digit, at: number.index(number.startIndex, offsetBy: index))
        return number
    }

    private static func remove(at index: Int, from number: String) -> String {
        var number = number
        number.remove(at: number.index(number.startIndex, offsetBy: index))
        return number
    }
}
