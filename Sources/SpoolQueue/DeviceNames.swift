public import SpoolCore
import Synchronization

/// The devices that a file's rows may name, as they were at one moment, and what has become of their names since.
///
/// A row goes into the queue under its device's name of that very commit, however long ago it was looked at.
public struct DeviceNames: Sendable {
    /// The names that rows may carry.
    public let known: Set<DeviceID>
    fileprivate let mark: DeviceNameLog.Mark
    fileprivate let log: DeviceNameLog

    /// What each known device is called now; one that was removed is missing.
    var current: [DeviceID: DeviceID] { self.log.names(of: self.known, since: self.mark) }
}

extension MessageQueue {
    /// Notes which devices there are.
    /// - Parameter devices: Tells the names. One that is being renamed may still go by its old name.
    public func names(of devices: () async -> Set<DeviceID>) async -> DeviceNames {
        // Before it is asked: a change in between is one that its answer may lack.
        let mark = self.database.names.mark
        return DeviceNames(known: await devices(), mark: mark, log: self.database.names)
    }
}

/// What has happened to device names since this process began, in the order of its commits.
final class DeviceNameLog: Sendable {
    /// A moment in the log.
    struct Mark: Sendable {
        fileprivate let count: Int
        /// Renamings that were stored, but that the devices themselves had perhaps not followed.
        fileprivate let underWay: Set<Int>
    }

    private struct Change {
        var from: DeviceID
        /// `nil` for one that was removed.
        var to: DeviceID?
        var isUnderWay = false
    }

    private let changes = Mutex<[Change]>([])

    var mark: Mark {
        self.changes.withLock { changes in
            Mark(count: changes.count, underWay: Set(changes.indices.filter { changes[$0].isUnderWay }))
        }
    }

    func began(_ renaming: DeviceRenaming) {
        self.changes.withLock { $0.append(Change(from: renaming.from, to: renaming.to, isUnderWay: true)) }
    }

    func ended(_ renaming: DeviceRenaming) {
        self.changes.withLock { changes in
            for index in changes.indices {
                let change = changes[index]
                if change.from == renaming.from, change.to == renaming.to { changes[index].isUnderWay = false }
            }
        }
    }

    func undid(_ renaming: DeviceRenaming) {
        self.ended(renaming)
        self.changes.withLock { $0.append(Change(from: renaming.to, to: renaming.from)) }
    }

    func removed(_ device: DeviceID) {
        self.changes.withLock { $0.append(Change(from: device)) }
    }

    fileprivate func names(of known: Set<DeviceID>, since mark: Mark) -> [DeviceID: DeviceID] {
        var names = Dictionary(uniqueKeysWithValues: known.map { ($0, $0) })
        let changes = self.changes.withLock { $0 }
        for (index, change) in changes.enumerated() where index >= mark.count || mark.underWay.contains(index) {
            names = names.compactMapValues { $0 == change.from ? change.to : $0 }
        }
        return names
    }
}
