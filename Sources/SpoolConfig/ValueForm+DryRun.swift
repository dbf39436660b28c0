import SpoolCore

extension ValueForm where Value == [DeviceID] {
    /// Names of devices: at least one, each once.
    static var deviceNames: ValueForm {
        let name = ValueForm<DeviceID>(
            word: "a device's name of 1–64 letters, digits, _ . or -",
            parse: { word in
                let allowed = word.unicodeScalars.allSatisfy {
                    $0.isASCII && ($0.properties.isAlphabetic || "0123456789_.-".unicodeScalars.contains($0))
                }
                return allowed && (1...64).contains(word.utf8.count) ? DeviceID(rawValue: word) : nil
            },
            write: { .text($0.rawValue) })
        return .list(of: name, "a list of device names such as [dev1, dev2]")
            .requiring("at least one device name, each once, such as [dev1, dev2]") { names in
                !names.isEmpty && Set(names).count == names.count
            }
    }
}

extension ValueForm where Value == DaemonConfiguration.DryRun.Answer {
    /// `{number | prefix, answer, times?, code?}`.
    static var dryRunAnswer: ValueForm {
        ValueForm(
            expects: "an answer such as {number: \"923001234567\", answer: temporary, times: 2}",
            read: { located throws(ValueError) in try DryRunAnswerReading(located).answer() },
            write: { DryRunAnswerReading.value(of: $0) })
    }
}

/// The words of `answer`.
private enum AnswerWord: String, CaseIterable, Sendable {
    case temporary
    case permanent
    case sessionLost
    case unknown
}

/// Reads the fields of one dry-run answer, collecting what is wrong with each.
private struct DryRunAnswerReading {
    private static let fieldNames = ["number", "prefix", "answer", "times", "code"]

    private let located: LocatedValue
    private let fields: [ConfigurationValue.Field]
    private var problems: [ValueError.Problem] = []

    init(_ located: LocatedValue) throws(ValueError) {
        guard case .mapping(let fields) = located.value else {
            let expects = ValueForm<DaemonConfiguration.DryRun.Answer>.dryRunAnswer.expects
            throw ValueError(located, "expected \(expects), found \(located.value.excerpt)")
        }
        self.located = located
        self.fields = fields
    }

    consuming func answer() throws(ValueError) -> DaemonConfiguration.DryRun.Answer {
        self.refuseUnknownFields()
        let number = self.read("number", .phoneDigits(7...15))
        let prefix = self.read("prefix", .phoneDigits(1...15))
        let word: AnswerWord? = self.read("answer", .choice)
        let times = self.read("times", .count.requiring("a whole number from 1") { $0 > 0 })
        let code: ErrorCode? = self.read("code", .choice)
        if self.has("number") == self.has("prefix") { self.complain("give either number or prefix") }
        if !self.has("answer") { self.complain("answer is missing") }
        if code != nil, word != nil, word != .permanent { self.complain("only answer: permanent has a code") }
        guard self.problems.isEmpty, let word,
            let target = number.map({ DaemonConfiguration.DryRun.Answer.Target.number($0) })
                ?? prefix.map({ .prefix($0) })
        else { throw ValueError(problems: self.problems) }
        return .init(target: target, outcome: Self.outcome(word, code), times: times)
    }

    /// The form that `answer()` reads back.
    static func value(of answer: DaemonConfiguration.DryRun.Answer) -> ConfigurationValue {
        var fields: [(String, ConfigurationValue)] =
            switch answer.target {
            case .number(let digits): [("number", .text(digits))]
            case .prefix(let digits): [("prefix", .text(digits))]
            }
        switch answer.outcome {
        case .temporary: fields.append(("answer", .text(AnswerWord.temporary.rawValue)))
        case .permanent(let code):
            fields += [("answer", .text(AnswerWord.permanent.rawValue)), ("code", .text(code.rawValue))]
        case .sessionLost: fields.append(("answer", .text(AnswerWord.sessionLost.rawValue)))
        case .unknown: fields.append(("answer", .text(AnswerWord.unknown.rawValue)))
        }
        if let times = answer.times { fields.append(("times", .integer(times))) }
        return .mapping(fields.map { .init(name: $0.0, value: LocatedValue($0.1)) })
    }

    private static func outcome(_ word: AnswerWord, _ code: ErrorCode?) -> DaemonConfiguration.DryRun.Answer.Outcome {
        switch word {
        case .temporary: .temporary
        case .permanent: .permanent(code ?? .rejected)
        case .sessionLost: .sessionLost
        case .unknown: .unknown
        }
    }

    private func has(_ name: String) -> Bool {
        self.fields.contains { $0.name == name }
    }

    private mutating func read<Field>(_ name: String, _ form: ValueForm<Field>) -> Field? {
        guard let field = self.fields.first(where: { $0.name == name }) else { return nil }
        do throws(ValueError) {
            return try form.read(field.value)
        } catch {
            self.problems += error.problems.map { $0.inside(".\(name)") }
            return nil
        }
    }

    private mutating func refuseUnknownFields() {
        for field in self.fields where !Self.fieldNames.contains(field.name) {
            let nearest = NearestName.nearest(to: field.name, in: Self.fieldNames) ?? ""
            self.problems.append(
                .init(path: ".\(field.name)", line: field.line, reason: "unknown key; the nearest is \(nearest)"))
        }
    }

    private mutating func complain(_ reason: String) {
        self.problems.append(.init(path: "", line: self.located.line, reason: reason))
    }
}
