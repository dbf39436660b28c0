import Foundation
import SpoolCore

/// On what terms a device may claim and send messages now.
struct SendingTerms: Equatable, Sendable {
    var lanes: Set<Lane>
    /// The most messages.
    var most: Int
    /// In which order the priorities are looked at.
    var order = Priority.allCases
    /// Whether it may take what no device owns yet.
    var takesUnowned = true
    /// When strangers may be written to again, while their lane is closed.
    var coldOpens: Date?
}
