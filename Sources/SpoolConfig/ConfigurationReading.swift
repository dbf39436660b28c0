import SpoolScheduler

/// A configuration on its way from its sources: each source applied covers the ones before it.
struct ConfigurationReading {
    private(set) var configuration = DaemonConfiguration()
    private(set) var origins: [String: ConfigurationOrigin] = [:]
    private(set) var problems: [ConfigurationProblem] = []
    /// Keys with a refused value: what the configuration holds for them is nobody's wish.
    private var doubtful: Set<String> = []

    /// Takes every key of a file.
    mutating func apply(_ file: ConfigurationFile) {
        self.apply(file.fields, in: "", of: file.path)
    }

    /// Takes every variable that starts with `SPOOLD_`.
    mutating func apply(environment: [String: String]) {
        let names = environment.keys.filter { $0.hasPrefix(ConfigurationKey.environmentPrefix) }.sorted()
        for name in names {
            guard let value = environment[name] else { continue }
            let origin = ConfigurationOrigin.environment(name)
            guard let key = ConfigurationKey.all.first(where: { $0.environmentVariable == name }) else {
                let known = ConfigurationKey.all.map(\.environmentVariable)
                self.report(origin, nil, "unknown variable; the nearest is \(Self.nearest(name, known))")
                continue
            }
            self.apply(variable: value, to: key, from: origin)
        }
    }

    /// Takes what the command line says.
    mutating func apply(_ override: ConfigurationOverride) {
        let origin = ConfigurationOrigin.option(override.option)
        guard let key = ConfigurationKey.named(override.key) else {
            self.report(origin, override.key, Self.unknownKey(override.key))
            return
        }
        self.apply(LocatedValue(.text(override.value)), to: key, from: origin)
    }

    /// Notes that a source could not be read at all.
    mutating func fail(_ problem: ConfigurationProblem) {
        self.problems.append(problem)
    }

    /// Makes paths absolute and checks what concerns several keys.
    mutating func finish(currentDirectory: String, ignoringRisk: Bool) {
        let defaults = DaemonConfiguration(profile: self.configuration.scheduler.policy.profile)
        let given = self.configuration
        self.configuration.scheduler = defaults.scheduler
        for key in ConfigurationKey.scheduler where self.origins[key.name] != nil {
            key.copy(given, &self.configuration)
        }
        self.configuration.resolvePaths(against: currentDirectory)
        for rule in ConfigurationRule.all where self.doubtful.isDisjoint(with: rule.keys) {
            guard let complaint = rule.complaint(self.configuration), let first = rule.keys.first else { continue }
            let origin = rule.keys.compactMap { self.origins[$0] }.first ?? .default
            self.report(origin, first, complaint)
        }
        let switches: Set = ["scheduler.acceptRisk", "transport", "whatsapp.url"]
        guard !ignoringRisk, self.doubtful.isDisjoint(with: switches) else { return }
        for key in ConfigurationRule.risks(in: self.configuration) {
            let value = ConfigurationText.yaml(key.write(self.configuration))
            let standard = ConfigurationText.yaml(key.write(defaults))
            self.report(
                self.origins[key.name] ?? .default, key.name,
                "\(value) is looser than the default \(standard), which may cost the account;"
                    + " set scheduler.acceptRisk: true if you accept that")
        }
    }

    private mutating func apply(_ fields: [ConfigurationValue.Field], in section: String, of path: String) {
        for field in fields {
            let name = section + field.name
            let origin = ConfigurationOrigin.file(path: path, line: field.line ?? 1)
            if let key = ConfigurationKey.named(name), !field.name.contains(".") {
                self.apply(field.value, to: key, from: origin)
            } else if ConfigurationKey.sections.contains(name), !field.name.contains(".") {
                switch field.value.value {
                case .mapping(let inner): self.apply(inner, in: name + ".", of: path)
                case .null: break
                case .boolean, .integer, .text, .sequence:
                    self.report(origin, name, "is a section of keys, found \(field.value.value.excerpt)")
                }
            } else {
                self.report(origin, name, Self.unknownKey(name))
            }
        }
    }

    /// Takes the value of a variable: as it is, so that paths and addresses need no quotes of their own.
    ///
    /// Only lists, and texts in quotes, are read as YAML.
    private mutating func apply(variable text: String, to key: ConfigurationKey, from origin: ConfigurationOrigin) {
        guard !YAMLText.isNullWord(text) else { return self.apply(LocatedValue(.null), to: key, from: origin) }
        guard key.isList || text.hasPrefix("\"") || text.hasPrefix("'") else {
            return self.apply(LocatedValue(.text(text)), to: key, from: origin)
        }
        do throws(YAMLProblem) {
            let value = try YAMLText.value(of: text)
            self.apply(LocatedValue(value.value), to: key, from: origin)
        } catch {
            self.doubtful.insert(key.name)
            self.report(origin, key.name, error.reason)
        }
    }

    private mutating func apply(_ located: LocatedValue, to key: ConfigurationKey, from origin: ConfigurationOrigin) {
        do throws(ValueError) {
            try key.read(located, &self.configuration)
            self.origins[key.name] = origin
        } catch {
            self.doubtful.insert(key.name)
            for problem in error.problems {
                self.report(Self.origin(origin, at: problem.line), key.name + problem.path, problem.reason)
            }
        }
    }

    private mutating func report(_ origin: ConfigurationOrigin, _ key: String?, _ reason: String) {
        self.problems.append(ConfigurationProblem(origin: origin, key: key, reason: reason))
    }

    /// The same source, at the line of a part of the value.
    private static func origin(_ origin: ConfigurationOrigin, at line: Int?) -> ConfigurationOrigin {
        switch (origin, line) {
        case (.file(let path, _), .some(let line)): .file(path: path, line: line)
        case (.file, .none), (.default, _), (.environment, _), (.option, _): origin
        }
    }

    private static func unknownKey(_ name: String) -> String {
        let known = ConfigurationKey.all.map(\.name) + ConfigurationKey.sections
        return "unknown key; the nearest is \(Self.nearest(name, known))"
    }

    private static func nearest(_ name: String, _ known: [String]) -> String {
        NearestName.nearest(to: name, in: known) ?? "none"
    }
}
