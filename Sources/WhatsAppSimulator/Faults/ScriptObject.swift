import Foundation

/// A JSON object of a scenario while it is read: what is left at the end is a field nobody knows.
struct ScriptObject {
    let path: String
    private var rest: [String: Any]
    private var known: [String] = []

    init(_ value: Any, path: String) throws(ScenarioError) {
        guard let object = value as? [String: Any] else {
            throw ScenarioError(path: path, message: "an object is wanted here")
        }
        self.path = path
        self.rest = object
    }

    func has(_ key: String) -> Bool { self.rest[key] != nil }

    /// The text of a field that is still to be read.
    func peekString(_ key: String) throws(ScenarioError) -> String? {
        var copy = self
        return try copy.string(key)
    }

    func error(_ key: String, _ message: String) -> ScenarioError {
        ScenarioError(path: self.path(key), message: message)
    }

    mutating func string(_ key: String) throws(ScenarioError) -> String? {
        guard let value = self.take(key) else { return nil }
        guard let text = value as? String else { throw self.error(key, "a text is wanted here") }
        return text
    }

    mutating func number(_ key: String) throws(ScenarioError) -> Double? {
        guard let value = self.take(key) else { return nil }
        guard let number = value as? NSNumber, !Self.isBool(number) else {
            throw self.error(key, "a number is wanted here")
        }
        return number.doubleValue
    }

    mutating func integer(_ key: String) throws(ScenarioError) -> Int? {
        guard let number = try self.number(key) else { return nil }
        guard let integer = Int(exactly: number) else { throw self.error(key, "a whole number is wanted here") }
        return integer
    }

    /// A time span from 0 to a year.
    mutating func seconds(_ key: String) throws(ScenarioError) -> Double? {
        guard let seconds = try self.number(key) else { return nil }
        guard 0...31_536_000 ~= seconds else { throw self.error(key, "seconds from 0 to 31536000 are wanted here") }
        return seconds
    }

    mutating func bool(_ key: String) throws(ScenarioError) -> Bool? {
        guard let value = self.take(key) else { return nil }
        guard let number = value as? NSNumber, Self.isBool(number) else {
            throw self.error(key, "true or false is wanted here")
        }
        return number.boolValue
    }

    mutating func phoneNumber(_ key: String) throws(ScenarioError) -> String? {
        guard let text = try self.string(key) else { return nil }
        guard let number = PhoneNumber.digits(of: text) else {
            throw self.error(key, "a phone number of 7 to 15 digits is wanted here")
        }
        return number
    }

    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ key: String, _ type: Word.Type
    ) throws(ScenarioError) -> Word? where Word.RawValue == String {
        guard let text = try self.string(key) else { return nil }
        guard let word = Word(rawValue: text) else {
            throw self.error(key, "one of \(Word.allCases.map(\.rawValue).joined(separator: ", ")) is wanted here")
        }
        return word
    }

    mutating func list(_ key: String) throws(ScenarioError) -> [Any]? {
        guard let value = self.take(key) else { return nil }
        guard let list = value as? [Any] else { throw self.error(key, "a list is wanted here") }
        return list
    }

    mutating func object(_ key: String) throws(ScenarioError) -> ScriptObject? {
        guard let value = self.take(key) else { return nil }
        return try ScriptObject(value, path: self.path(key))
    }

    /// - Throws: for the first field that was not asked for.
    func finish() throws(ScenarioError) {
        guard let key = self.rest.keys.min() else { return }
        throw self.error(key, "unknown field; known here: \(self.known.sorted().joined(separator: ", "))")
    }

    private func path(_ key: String) -> String { self.path.isEmpty ? key : "\(self.path).\(key)" }

    private mutating func take(_ key: String) -> Any? {
        self.known.append(key)
        guard let value = self.rest.removeValue(forKey: key), !(value is NSNull) else { return nil }
        return value
    }

    /// Foundation gives booleans and numbers in the same type.
    private static func isBool(_ number: NSNumber) -> Bool { CFNumberIsBool(number) }
}

private func CFNumberIsBool(_ number: NSNumber) -> Bool {
    String(cString: number.objCType) == "c"
}

/// Phone numbers as people write them.
enum PhoneNumber {
    /// The digits: a country code and a number, 7 to 15 in all, no 0 in front. Spaces and `+-().` are left out.
    static func digits(of text: String) -> String? {
        let digits = text.filter { !" +-().".contains($0) }
        guard 7...15 ~= digits.utf8.count, digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), digits.first != "0" else {
            return nil
        }
        return digits
    }
}
