import SpoolCore

/// What inotify said since it was last asked: names worth a look, each once, however often it was mentioned.
struct InotifyHints {
    /// By directory and name, what was said last; a change of attributes does not outweigh what came before it.
    var files: [String: [DropFileName: ReadyRule.Event]] = [:]
    /// Events were lost, or there were too many to keep: only listing the directories tells.
    var isIncomplete = false
    /// A directory came or went, so that some watch is missing.
    var isDirectoryNews = false

    private var count = 0
    /// Names kept before they are given up for a listing, which then costs less than they do.
    private static let limit = 65_536

    var isEmpty: Bool { self.files.isEmpty && !self.isIncomplete && !self.isDirectoryNews }

    mutating func add(_ name: DropFileName, in directory: String, _ event: ReadyRule.Event) {
        if self.count == Self.limit {
            self.files = [:]
            self.count = 0
            self.isIncomplete = true
        }
        if self.files[directory]?[name] == nil { self.count += 1 } else if event == .attributesChanged { return }
        self.files[directory, default: [:]][name] = event
    }

    /// Adds what was said later.
    mutating func merge(_ later: InotifyHints) {
        for (directory, events) in later.files {
            for (name, event) in events { self.add(name, in: directory, event) }
        }
        self.isIncomplete = self.isIncomplete || later.isIncomplete
        self.isDirectoryNews = self.isDirectoryNews || later.isDirectoryNews
    }
}
