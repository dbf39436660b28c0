import SpoolCore

/// A drop file that was submitted, and what tells it from others of its name.
struct Submission: Equatable, Sendable {
    var user: UserName
    var name: DropFileName
    var inode: UInt64
}
