import Yams

/// Reads YAML; nothing else knows the library.
enum YAMLText {
    /// Aliases may repeat a part so often that a small file becomes a huge value.
    private static let maximumNodes = 100_000
    /// No key has a value nested deeper.
    private static let maximumDepth = 16

    /// The value of the only document in `text`; null when there is none.
    static func value(of text: String) throws(YAMLProblem) -> LocatedValue {
        let root: Node?
        do {
            // An explicit encoding, because the library's default listens to an environment variable.
            root = try Yams.compose(yaml: text, .default, .default, .utf8)
        } catch let error as YamlError {
            throw YAMLProblem(error, in: text)
        } catch {
            throw YAMLProblem(line: 1, reason: "cannot be parsed: \(error)")
        }
        guard let root else { return LocatedValue(.null) }
        var remaining = Self.maximumNodes
        return try Self.value(of: root, depth: 0, remaining: &remaining)
    }

    private static func value(of node: Node, depth: Int, remaining: inout Int) throws(YAMLProblem) -> LocatedValue {
        let line = node.mark?.line
        remaining -= 1
        guard remaining > 0, depth <= Self.maximumDepth else {
            throw YAMLProblem(line: line ?? 1, reason: "too many values, or nested too deeply")
        }
        switch node {
        case .scalar(let scalar):
            return LocatedValue(Self.isNull(scalar) ? .null : .text(scalar.string), line: line)
        case .sequence(let sequence):
            var elements: [LocatedValue] = []
            for element in sequence {
                elements.append(try Self.value(of: element, depth: depth + 1, remaining: &remaining))
            }
            return LocatedValue(.sequence(elements), line: line)
        case .mapping(let mapping):
            var fields: [ConfigurationValue.Field] = []
            for (key, value) in mapping {
                guard case .scalar(let name) = key else {
                    throw YAMLProblem(line: key.mark?.line ?? line ?? 1, reason: "a key must be a word")
                }
                let value = try Self.value(of: value, depth: depth + 1, remaining: &remaining)
                fields.append(.init(name: name.string, line: name.mark?.line, value: value))
            }
            return LocatedValue(.mapping(fields), line: line)
        case .alias:
            throw YAMLProblem(line: line ?? 1, reason: "an alias that names nothing")
        }
    }

    private static func isNull(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && Self.isNullWord(scalar.string)
    }

    /// Whether an unquoted word stands for null.
    static func isNullWord(_ word: String) -> Bool {
        ["", "~", "null", "Null", "NULL"].contains(word)
    }
}

/// Why a text is not the YAML that is wanted.
struct YAMLProblem: Error {
    var line: Int
    var reason: String

    init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }

    init(_ error: YamlError, in text: String) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            let context = context.map { " \($0.text) that starts on line \($0.mark.line)" } ?? ""
            self.init(line: mark.line, reason: "not YAML: \(problem)\(context)")
        case .composer(_, let problem, let mark, _):
            self.init(line: mark.line, reason: "not YAML: \(problem)")
        case .reader(let problem, let offset, _, _):
            let line = offset.map { text.prefix($0).count { $0.isNewline } + 1 } ?? 1
            self.init(line: line, reason: "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map(ConfigurationText.excerpt).joined(separator: ", ")
            self.init(line: context.mark.line, reason: "given twice in one section: \(names)")
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            self.init(line: 1, reason: "cannot be parsed: \(error)")
        }
    }
}
