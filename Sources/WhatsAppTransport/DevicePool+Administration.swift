import Logging
import SpoolCore
import WhatsAppBinary
import WhatsAppClient

extension DevicePool {
    func link(
        _ id: DeviceID, phone: JID?, onStep: @escaping @Sendable (LinkingStep) async -> Void
    ) async throws(DeviceAdministrationError) -> TransportDevice {
        try self.reserve(id)
        defer { self.release(id) }
        let old = self.devices[id]
        if let old, await !old.isLoggedOut { throw .exists(id) }
        guard await self.waitUntilRunning() else { throw .failed("the daemon is stopping; try again when it is back") }
        guard !self.isOutdated else { throw .linkingFailed("\(SessionEnd.versionTooOld)") }
        let store = try self.linkingStore(id, replacing: old?.store)
        let linking = Linking(store, phone: phone, time: self.time, logger: self.logger, onStep: onStep)
        let device = LinkedDeviceSession(id, linking, self.surroundings)
        self.linking[id] = device
        await device.start()
        let outcome = await withTaskCancellationHandler {
            await linking.result()
        } onCancel: {
            Task { await linking.giveUp(.linkingFailed("linking was given up")) }
        }
        self.linking[id] = nil
        guard case .failure(let error) = outcome else {
            self.devices[id] = device
            await device.tellStatus()
            return await device.description
        }
        await device.stop()
        throw error
    }

    /// Its keys are kept when the phone has said yes: under the name of a new device, or in the place of an old one's.
    private func linkingStore(
        _ id: DeviceID, replacing old: (any DeviceStore)?
    ) throws(DeviceAdministrationError) -> LinkingStore {
        let (registry, name) = (self.registry, id.rawValue)
        var generator = self.generator
        let keys: DeviceKeys
        do throws(ClientError) {
            keys = try DeviceKeys(using: &generator)
        } catch {
            throw .failed("\(error)")
        }
        return LinkingStore(keys) { device, account in
            if let old {
                try await old.write { state in
                    // What was sent under its name and may not have arrived would come again from another number.
                    if let owner = try state.loadDevice().account?.jid.user, owner != account.jid.user {
                        throw DeviceAdministrationError.linkingFailed(
                            "device \(id) belongs to +…\(owner.suffix(4)); remove it first, or scan with that phone")
                    }
                    try state.reset(to: device)
                    try state.link(to: account)
                }
                return old
            }
            let store = try await registry.add(device, named: name)
            do {
                try await store.write { try $0.link(to: account) }
            } catch {
                try await registry.remove(name)
                throw error
            }
            return store
        }
    }

    func rename(_ id: DeviceID, to name: DeviceID) async throws(DeviceAdministrationError) {
        try self.reserve(id)
        defer { self.release(id) }
        guard let device = self.devices[id] else { throw .unknown(id) }
        guard name != id else { return }
        try self.reserve(name)
        defer { self.release(name) }
        guard self.devices[name] == nil else { throw .exists(name) }
        await device.finishSends()
        do {
            try await self.registry.rename(id.rawValue, to: name.rawValue)
        } catch {
            throw Self.administrationError(error)
        }
        self.devices[id] = nil
        self.devices[name] = device
        await device.rename(to: name)
        await self.funnel.post(.removed(id), of: id)
        await device.tellStatus()
    }

    func remove(_ id: DeviceID) async throws(DeviceAdministrationError) -> Bool {
        try self.reserve(id)
        defer { self.release(id) }
        guard let device = self.devices[id] else { throw .unknown(id) }
        await device.finishSends()
        let isUnlinked = await device.logOut()
        await device.stop()
        do {
            try await self.registry.remove(id.rawValue)
        } catch {
            guard await self.isGone(id) else { throw Self.administrationError(error) }
            self.logger.error(
                "a device was removed, but not without trouble",
                metadata: ["device.id": "\(id)", "error": "\(error)"])
        }
        self.devices[id] = nil
        await self.funnel.post(.removed(id), of: id)
        return isUnlinked
    }

    /// Whether the registry has removed a device although it says that it failed: at what comes after that.
    private func isGone(_ id: DeviceID) async -> Bool {
        do {
            return try await !self.registry.names().contains(id.rawValue)
        } catch {
            // Not for certain, so what failed first is told.
            return false
        }
    }

    private func reserve(_ id: DeviceID) throws(DeviceAdministrationError) {
        guard self.busy.insert(id).inserted else { throw .busy(id) }
    }

    private func release(_ id: DeviceID) {
        self.busy.remove(id)
    }

    private static func administrationError(_ error: DeviceRegistryError) -> DeviceAdministrationError {
        switch error {
        case .exists(let name): .exists(DeviceID(rawValue: name))
        case .unknown(let name): .unknown(DeviceID(rawValue: name))
        case .failed(let reason): .failed(reason)
        }
    }
}
