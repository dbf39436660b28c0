public import Foundation
public import SpoolCore

/// What follows from a signal. Those about the device's own standing are already done when it is returned.
public enum SignalAction: Equatable, Sendable {
    // MARK: The message that was refused

    /// Back to pending; the attempt does not count.
    case returnMessage(reason: String)
    /// Back to pending with the usual growing delay.
    case backOffMessage(reason: String)
    /// Its recipient is not written to before then; the attempt does not count.
    case putOffRecipient(Recipient, until: Date)
    case failMessage(ErrorCode, error: String)
    /// Its outcome is unknown: settled as uncertain.
    case leaveUncertain
    /// Fetch the recipient's devices anew and send once more under the same id.
    case refreshDevicesAndRetry

    // MARK: The device's own standing

    /// No stranger is written to until then.
    case stopCold(until: Date)
    /// Only this share of the usual number of strangers.
    case limitCold(share: Double, until: Date)
    case resumeCold
    /// Nothing is sent until then; `nil` until a person acts.
    case stopDevice(until: Date?, reason: String)
    case restartWarmUp
    /// The warm-up stands still for three days.
    case stopWarmUp

    // MARK: Others

    /// No device sends: the program is too old.
    case stopAllDevices(reason: String)
    case reconnect
    case queryTimeLock(at: Date)
    case queryQuota(at: Date)
    /// No further question of this kind before then.
    case backOffQuery(QueryKind, until: Date)
    /// What statistics and people call the event.
    case label(String)
    case warn(String)
    /// A person has to know now.
    case alarm(String)
}
