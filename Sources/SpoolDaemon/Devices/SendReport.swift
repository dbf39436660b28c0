import SpoolCore
import SpoolQueue
import SpoolScheduler

/// What became of a message that was to be handed to the connection.
struct SendReport: Sendable {
    var message: ClaimedMessage
    var result: SendResult
    /// How often its recipient was put off before because it cannot be reached.
    var timesPutOff = 0
}

/// What follows from it.
struct SendConsequence: Equatable, Sendable {
    var actions: [SignalAction] = []
    /// A person has to look at the message's batch.
    var concern: BatchConcern?
}
