import Foundation
import Logging
import SpoolCore
import WhatsAppBinary
import WhatsAppClient

extension LinkedDeviceSession {
    func heard(_ event: MessageEvent) async throws {
        try await self.surroundings.funnel.tell(event.transportEvents(of: self.id))
    }

    func heard(_ event: ClientEvent) async {
        switch event {
        case .connected:
            self.connectedAt = self.surroundings.time.date()
            await self.change(to: .draining)
        case .drained: await self.change(to: .connected)
        case .disconnected(let reason, let delay):
            await self.linking?.disconnected(reason)
            await self.change(to: DeviceCondition(reason, retryAfter: delay))
        case .temporarilyBanned(let code, let until):
            await self.tell(.temporaryBan(code: code, until: until))
            await self.change(to: DeviceCondition(bannedFor: code, until: until))
        case .ended(let end): await self.ended(end)
        case .pairing(let event): await self.heard(event)
        case .timeLock(let lock):
            self.log(
                lock.isActive ? "the account may not write to strangers" : "the account may write to strangers again",
                ["until": lock.ends.map { "\($0)" } ?? "unknown", "enforcement": lock.enforcement ?? "none"])
            await self.tell(lock.signal)
        case .capping(let capping):
            self.log("the account's number of new chats", ["status": capping.status.rawValue])
            await self.tell(capping.signal)
        case .versionExpires(let date):
            self.log("the server will take only newer client versions", ["from": "\(date)"])
        case .pingMissed, .identityChanged: break
        }
    }

    private func heard(_ event: PairingEvent) async {
        // A session that links is there as long as it says so.
        guard let linking, let session = self.live?.session else { return }
        if case .linked(let account) = event { self.number = account.jid.user }
        await linking.heard(event, from: session)
    }

    private func ended(_ end: SessionEnd) async {
        if case .temporarilyBanned(let code) = end { await self.tell(.temporaryBan(code: code, until: nil)) }
        if case .loggedOut = end { self.isLoggedOut = true }
        if case .notLinkedAnyMore = end { self.isLoggedOut = true }
        if case .stopped = end, let stopCondition {
            await self.change(to: stopCondition)
        } else {
            await self.change(to: DeviceCondition(end: end))
        }
        if case .versionTooOld = end { await self.surroundings.onOutdated() }
    }

    private func change(to condition: DeviceCondition) async {
        self.condition = condition
        if condition != .draining, condition != .connected { self.connectedAt = nil }
        await self.tellStatus()
    }

    /// Unless it was told before.
    func tellStatus() async {
        let description = self.description
        // A device that is being linked is nobody's concern.
        guard self.linking == nil || self.number != nil, self.told != description else { return }
        self.told = description
        let funnel = self.surroundings.funnel
        await funnel.post(.changed(description), of: self.id, turn: funnel.nextTurn())
    }

    private func log(_ message: Logger.Message, _ metadata: [String: String]) {
        var metadata = metadata.mapValues { Logger.MetadataValue.string($0) }
        metadata["device.id"] = "\(self.id)"
        self.surroundings.logger.warning(message, metadata: metadata)
    }
}
