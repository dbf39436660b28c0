extension ConfigurationKey {
    /// Every key there is, section by section, in the order in which they are shown.
    static let all: [ConfigurationKey] =
        Self.files + Self.general + Self.dryRun + Self.whatsApp + Self.scheduler + Self.operations

    private static let byName = Dictionary(uniqueKeysWithValues: Self.all.map { ($0.name, $0) })

    /// Every section, dotted, in the order of its first key.
    static let sections: [String] = {
        var sections: [String] = []
        for key in Self.all {
            let path = key.path.dropLast()
            for depth in path.indices {
                let section = path[...depth].joined(separator: ".")
                if !sections.contains(section) { sections.append(section) }
            }
        }
        return sections
    }()

    /// The key of this dotted name.
    static func named(_ name: String) -> ConfigurationKey? {
        Self.byName[name]
    }

    private static let files: [ConfigurationKey] = [
        .init(
            "spool.directory", \.spool.directory, .path,
            "The directory tree shared with the outside; relative paths start at the daemon's working directory."),
        .init(
            "spool.settle", \.spool.settle, .pause,
            "How long a file that was not renamed into place must stay unchanged: longer than a writer's pauses."),
        .init(
            "spool.rescan", \.spool.rescan, .positiveDuration,
            "How often the directory is swept for files of which the kernel reported nothing (NFS, SMB). Cannot be off."
        ),
        .init(
            "spool.duplicateWindow", \.spool.duplicateWindow, .durationLimit,
            "How long the same bytes from the same user are refused; a day covers a job that ran twice."),
        .init(
            "spool.minimumFree", \.spool.minimumFree, .sizeLimit,
            "With less free space no file is taken, so that sending and answers can go on."),
        .init("spool.maximumRows", \.spool.maximumRows, .countLimit, "The most rows of one file."),
        .init("spool.maximumFile", \.spool.maximumFile, .sizeLimit, "The largest file."),
        .init(
            "spool.maximumField", \.spool.maximumField, .sizeLimit,
            "The largest cell or JSON string; it bounds the memory of the import."),
        .init(
            "spool.fallbackEncoding", \.spool.fallbackEncoding,
            .optional(.encodingName, "or null to refuse such files"),
            "The encoding of files that are neither UTF-8 nor marked UTF-16. null refuses them: a guess corrupts names."
        ),
        .init(
            "state.directory", \.state.directory, .path,
            "The daemon's own files, such as the queue; never inside the spool directory."),
        .init(
            "state.keyFile", \.state.keyFile, .optional(.path, "or null for none"),
            "The file with the key that seals the device keys; null for none."),
        .init(
            "control.socket", \.control.socket, .optional(.path, "or null for control.sock in the state directory"),
            "The socket of spoolctl; null is control.sock in the state directory."),
    ]

    private static let general: [ConfigurationKey] = [
        .init(
            "timeZone", \.timeZone, .timeZone,
            "The zone of days, quotas and local times in files; UTC, so that every machine starts alike."),
        .init(
            "defaultCountryCode", \.defaultCountryCode, .optional(.countryCode, "or null to refuse national numbers"),
            "Replaces the leading 0 of national numbers; null refuses them instead of guessing."),
        .init(
            "transport", \.transport, .choice,
            "whatsapp sends; dry-run sends nothing, keeps all pacing and states, and marks every message as sent."),
    ]

    private static let dryRun: [ConfigurationKey] = [
        .init("dryRun.devices", \.dryRun.devices, .deviceNames, "The devices that a dry run pretends to have."),
        .init(
            "dryRun.answers", \.dryRun.answers,
            .list(of: .dryRunAnswer, "a list of answers such as [{prefix: \"9230\", answer: temporary, times: 2}]"),
            "Which numbers get another answer than sent; the first that matches decides. See examples/dry-run.yaml."),
        .init("dryRun.latency", \.dryRun.latency, .pause, "How long each send of a dry run takes."),
    ]

    private static let whatsApp: [ConfigurationKey] = [
        .init("whatsapp.url", \.whatsApp.url, .webSocketURL, "The server's address."),
        .init(
            "whatsapp.rootKey", \.whatsApp.rootKey, .optional(.hexadecimalKey, "or null for the built-in key"),
            "The root key that the server must prove, in hexadecimal; null is the built-in key of production."
        ),
        .init(
            "whatsapp.mediaScheme", \.whatsApp.mediaScheme, .choice,
            "How media servers are reached; http only together with a loopback url."),
        .init(
            "whatsapp.appVersion", \.whatsApp.appVersion, .optional(.dottedNumbers, "or null for the built-in version"),
            "The client version that is reported to the server; null is the built-in one."),
    ]

    private static let operations: [ConfigurationKey] = [
        .init(
            "http.listen", \.http.listen, .listenAddress,
            "The read-only API; loopback, because TLS is a reverse proxy's job. Port 0 picks a free one."),
        .init("http.metricsOpen", \.http.metricsOpen, .boolean, "Whether /metrics answers without a key."),
        .init(
            "results.grace", \.results.grace, .pause,
            "How long a settled batch waits for the first receipts before its result file is written."),
        .init(
            "results.receiptsAfter", \.results.receiptsAfter, .durationLimit,
            "How long after the result one file with the later receipts is written; null writes none."),
        .init(
            "retry.first", \.retry.first, .positiveDuration,
            "The delay after the first temporary error; it doubles each time. Cannot be off."),
        .init("retry.maximum", \.retry.maximum, .durationLimit, "Where the doubling ends; null nowhere."),
        .init(
            "retry.giveUpAfter", \.retry.giveUpAfter, .durationLimit,
            "How long after its first attempt a message fails; a day outlives a night without network. null never."),
        .init(
            "alarm.command", \.alarm.command,
            .list(of: .argument, "a list of a program and its arguments, such as [mail, root]"),
            "The program that tells a person, with its arguments; run without a shell. Empty runs nothing."),
        .init("alarm.limit", \.alarm.limit, .durationLimit, "How long the command may run."),
        .init(
            "alarm.atMostEvery", \.alarm.atMostEvery, .pause,
            "The least time between two alarms of one kind: a flood of alarms is read by nobody."),
        .init(
            "media.allowNetworks", \.media.allowNetworks,
            .list(of: .network, "a list of networks such as [10.0.0.0/8]"),
            "Private networks from which attachments may be fetched; none: a row must not reach inside services."),
        .init("optOut.confirm", \.optOut.confirm, .boolean, "Whether a stop word is answered with one confirmation."),
        .init(
            "retention.accepted", \.retention.accepted, .durationLimit,
            "How long originals of imported files are kept after their batch finished. 0 or null: for ever."
        ),
        .init(
            "retention.rejected", \.retention.rejected, .durationLimit,
            "Originals of refused files; longer, because somebody has to look into them."),
        .init("retention.results", \.retention.results, .durationLimit, "Result files."),
        .init(
            "retention.bodies", \.retention.bodies, .durationLimit,
            "Message texts, short for the recipients' privacy; a digest stays."),
        .init("retention.attempts", \.retention.attempts, .durationLimit, "The attempts of each message."),
        .init(
            "log.level", \.log.level, .choice,
            "What is written to standard error: trace, debug, info, notice, warning, error or critical and above."),
    ]
}
