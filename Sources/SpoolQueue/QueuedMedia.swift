public import Foundation
public import SpoolCore

/// One attachment of one batch: a source with what rows say of it.
public struct MediaID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public let rawValue: Int64

    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    public var description: String { String(self.rawValue) }

    public static func < (left: MediaID, right: MediaID) -> Bool { left.rawValue < right.rawValue }
}

/// The attachment of a claimed message.
public struct QueuedMedia: Hashable, Sendable {
    public var id: MediaID
    /// Whether it came from a URL, and can be fetched again.
    public var isRemote: Bool
    /// `nil` while it has yet to be fetched.
    public var content: MediaContent?
}

/// A source that a batch needs no longer.
public struct FinishedMedia: Hashable, Sendable {
    public var batch: BatchID
    /// `mediaUrl`, as its rows have it.
    public var source: String
}

/// An attachment that has to be fetched before its messages can be sent.
public struct WantedMedia: Equatable, Sendable {
    public var id: MediaID
    public var batch: BatchID
    public var reference: MediaReference
    /// Tries that failed so far.
    public var attempts: Int
    public var firstAttemptAt: Date?
}
