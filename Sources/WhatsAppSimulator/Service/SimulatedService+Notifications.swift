import Foundation
import WhatsAppBinary

// What the service tells devices of its own accord.
extension SimulatedService {
    mutating func notify(
        _ device: SimulatedDeviceID, _ type: String, from: JID, _ children: [Node], _ attributes: Attributes = [:]
    ) {
        var node = Node(
            "notification",
            [
                "type": .string(type), "from": .jid(from), "id": .string(self.nextStanzaID()),
                "t": .string(self.unixTime),
            ], children: children)
        for attribute in attributes { node.attributes[attribute.key] = attribute.value }
        self.push(node, to: device)
    }

    /// Tells everybody concerned that the devices of an account have changed.
    mutating func announceDevices(
        of number: String, added: SimulatedDeviceID? = nil, removed: SimulatedDeviceID? = nil
    ) {
        guard let account = self.accounts[number], let indexes = self.keyIndexNode(of: number) else { return }
        for own in self.companions(of: number) where own != added {
            var devices = account.devices.map { device in
                var node = Node("device", ["jid": .jid(account.pn.device(device))])
                node.attributes["key-index"] = account.linked[device].map { .integer($0) }
                return node
            }
            devices.append(indexes)
            let list = Node("devices", ["dhash": .string(self.deviceHash(of: account))], children: devices)
            self.notify(own, "account_sync", from: account.pn, [list])
        }
        guard let changed = added ?? removed else { return }
        var device = Node(
            "device", ["jid": .jid(self.jid(of: changed, .number)), "lid": .jid(self.jid(of: changed, .lid))])
        device.attributes["key-index"] = account.linked[changed.device].map { .integer($0) }
        let change = Node(
            added == nil ? "remove" : "add", ["device_hash": .string(self.deviceHash(of: account))],
            children: [device, indexes])
        for watcher in account.watchers where watcher.number != number {
            self.notify(watcher, "devices", from: account.pn, [change], ["lid": .jid(account.lid)])
        }
    }

    /// Tells those who know an account that it has a new identity.
    mutating func announceIdentityChange(of number: String) {
        guard let account = self.accounts[number] else { return }
        for watcher in account.watchers where watcher.number != number {
            self.notify(watcher, "encrypt", from: account.lid, [Node("identity")])
        }
    }

    mutating func announceTimeLock(of number: String) {
        guard let restriction = self.accounts[number]?.restriction else { return }
        self.notifyMex(
            number, "NotificationUserReachoutTimelockUpdate", "xwa2_notify_account_reachout_timelock",
            restriction.timeLockJSON(at: self.now))
    }

    mutating func announceCapping(of number: String) {
        guard let restriction = self.accounts[number]?.restriction else { return }
        self.notifyMex(
            number, "MessageCappingInfoNotification", "xwa2_notify_new_chat_messages_capping_info_update",
            restriction.cappingJSON)
    }

    private mutating func notifyMex(_ number: String, _ operation: String, _ key: String, _ value: [String: Any]) {
        let update = Node("update", ["op_name": .string(operation)], bytes: Self.json(["data": [key: value]]))
        for device in self.companions(of: number) { self.notify(device, "mex", from: .service, [update]) }
    }

    static func json(_ value: [String: Any]) -> [UInt8] {
        // Texts, numbers, booleans and dictionaries of them are always valid.
        (try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys])).map(Array.init) ?? []
    }

    /// Ends a stream because the device is no longer linked.
    mutating func endUnlinked(_ id: ConnectionID) {
        let conflict = Node("conflict", ["type": "device_removed"])
        self.end(id, with: Node("stream:error", ["code": "401"], children: [conflict]))
    }

    /// Takes a device off its account.
    mutating func forget(_ device: SimulatedDeviceID) {
        self.deliverMail()
        self.companions[device] = nil
        self.phones[device] = nil
        self.accounts[device.number]?.unlink(device.device)
        self.forgetSenderKeys(inGroupsOf: device.number)
        self.announceDevices(of: device.number, removed: device)
    }

    /// Takes a device off its account and tells it.
    mutating func unlink(_ device: SimulatedDeviceID) {
        if let id = self.companions[device]?.connection { self.endUnlinked(id) }
        self.forget(device)
    }
}
