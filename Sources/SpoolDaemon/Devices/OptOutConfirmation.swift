import SpoolCore

/// The one answer to a stop or start word. Belongs to no batch: the number may be on the suppression list by now.
struct OptOutConfirmation: Equatable, Sendable {
    var number: String
    var text: String
}
