import SpoolCore

/// Something that a person has to know now.
struct Alarm: Equatable, Sendable {
    /// What is told at most once in a while: `time-lock dev1`.
    var kind: String
    /// What has happened, in one sentence.
    var words: String
}
