/// How the value of a key is read from a source and shown again; `write` gives what `read` takes.
struct ValueForm<Value: Sendable>: Sendable {
    /// What a right value looks like, with its article: "a duration such as …".
    let expects: String
    let read: @Sendable (LocatedValue) throws(ValueError) -> Value
    let write: @Sendable (Value) -> ConfigurationValue

    init(
        expects: String, read: @escaping @Sendable (LocatedValue) throws(ValueError) -> Value,
        write: @escaping @Sendable (Value) -> ConfigurationValue
    ) {
        self.expects = expects
        self.read = read
        self.write = write
    }

    /// A form for one word; `parse` answers `nil` for a word that is no such value.
    init(
        word expects: String, parse: @escaping @Sendable (String) -> Value?,
        write: @escaping @Sendable (Value) -> ConfigurationValue
    ) {
        self.init(
            expects: expects,
            read: { located throws(ValueError) in
                guard let word = located.value.word, let value = parse(word) else {
                    throw ValueError(located, "expected \(expects), found \(located.value.excerpt)")
                }
                return value
            },
            write: write)
    }

    /// The same form, with null for `nil`; so is a value that `isOff` answers `true` for.
    static func optional<Wrapped>(
        _ form: ValueForm<Wrapped>, _ meaning: String, isOff: @escaping @Sendable (Wrapped) -> Bool = { _ in false }
    ) -> ValueForm where Value == Wrapped? {
        let expects = "\(form.expects), \(meaning)"
        return ValueForm(
            expects: expects,
            read: { located throws(ValueError) in
                if case .null = located.value { return nil }
                do throws(ValueError) {
                    let value = try form.read(located)
                    return isOff(value) ? nil : value
                } catch {
                    throw ValueError(located, "expected \(expects), found \(located.value.excerpt)")
                }
            },
            write: { value in value.map(form.write) ?? .null })
    }

    /// A list of such values; every wrong one is reported.
    static func list<Element>(of form: ValueForm<Element>, _ expects: String) -> ValueForm where Value == [Element] {
        ValueForm(
            expects: expects,
            read: { located throws(ValueError) in
                guard case .sequence(let elements) = located.value else {
                    throw ValueError(located, "expected \(expects), found \(located.value.excerpt)")
                }
                var values: [Element] = []
                var problems: [ValueError.Problem] = []
                for (index, element) in elements.enumerated() {
                    do throws(ValueError) {
                        values.append(try form.read(element))
                    } catch {
                        problems += error.problems.map { $0.inside("[\(index)]") }
                    }
                }
                guard problems.isEmpty else { throw ValueError(problems: problems) }
                return values
            },
            write: { values in .sequence(values.map { LocatedValue(form.write($0)) }) })
    }

    /// The same form with a further condition on what was read.
    func requiring(_ expects: String, _ holds: @escaping @Sendable (Value) -> Bool) -> ValueForm {
        ValueForm(
            expects: expects,
            read: { [read = self.read] located throws(ValueError) in
                let value = try read(located)
                guard holds(value) else {
                    throw ValueError(located, "expected \(expects), found \(located.value.excerpt)")
                }
                return value
            },
            write: self.write)
    }
}

/// Why a value was refused.
struct ValueError: Error {
    /// Never empty.
    var problems: [Problem]

    init(problems: [Problem]) {
        self.problems = problems
    }

    init(_ located: LocatedValue, _ reason: String) {
        self.problems = [Problem(path: "", line: located.line, reason: reason)]
    }

    /// One thing that is wrong inside the value of one key.
    struct Problem {
        /// What follows the key: empty, or such as `[2].answer`.
        var path: String
        var line: Int?
        var reason: String

        func inside(_ prefix: String) -> Problem {
            Problem(path: prefix + self.path, line: self.line, reason: self.reason)
        }
    }
}
