import Foundation
import Logging
import SignalProtocol
import WhatsAppBinary

extension Messenger {
    /// Uploads within this many seconds are repeated only if the server says so when asked.
    private static let uploadInterval: Double = 600

    /// Uploads keys if the server is running out of them. One upload at a time; another call meanwhile does nothing.
    /// - Parameter reported: how many the server said it has; otherwise it is asked.
    func topUpPreKeys(reported: Int?) async throws(ClientError) {
        guard !self.isUploadingPreKeys else { return }
        self.isUploadingPreKeys = true
        defer { self.isUploadingPreKeys = false }
        let hasUploaded = try await self.read { try $0.hasUploadedPreKeys() }
        var count = reported
        // A notification may be older than our last upload.
        if let last = self.preKeysUploadedAt, self.uptime - last < Self.uploadInterval { count = nil }
        let left: Int
        if let count { left = count } else { left = try await self.queryPreKeyCount() }
        guard left < self.policy.preKeyLowWater || !hasUploaded else { return }
        try await self.uploadPreKeys(hasUploaded ? self.policy.laterPreKeyCount : self.policy.firstPreKeyCount)
    }

    private func queryPreKeyCount() async throws(ClientError) -> Int {
        PreKeyStanzas.count(in: try await self.channel.query(PreKeyStanzas.countQuery))
    }

    /// Keys are on disk before they leave. Those of an upload whose answer got lost are offered again first.
    ///
    /// A server that says again and again that it has none does not make us make them without end.
    private func uploadPreKeys(_ count: Int) async throws(ClientError) {
        guard self.preKeyUploads.isBelow(MessagePolicy.preKeyUploadsPerHour, now: self.uptime) else {
            self.logger.notice("the server asks for more one-time keys than anybody can need in an hour")
            return
        }
        let generator = self.generator
        let (keys, device) = try await self.write { state in
            var generator = generator
            return (try state.preKeysToUpload(count, using: &generator), try state.loadDevice().keys)
        }
        _ = try await self.channel.query(PreKeyStanzas.upload(keys, of: device.identity, device.signedPreKey))
        let ids = keys.map(\.id)
        try await self.write { try $0.markPreKeysUploaded(ids) }
        self.preKeysUploadedAt = self.uptime
        self.preKeyUploads.increment(now: self.uptime)
        self.logger.info("one-time keys were uploaded", metadata: ["count": "\(ids.count)"])
    }

    /// Compares what the server has of our keys with what we have, and uploads anew when it differs.
    func checkDigest() async throws(ClientError) {
        let answer: Node
        do throws(ClientError) {
            answer = try await self.channel.query(PreKeyStanzas.digestQuery)
        } catch {
            guard case .refused(let refusal) = error, refusal.code == 404 else { throw error }
            return try await self.uploadPreKeysAnew()
        }
        let isUpToDate = try await self.read { state in
            let keys = try state.loadDevice().keys
            return try PreKeyStanzas.isUpToDate(
                answer, identity: keys.identity, signedPreKey: keys.signedPreKey, preKey: state.loadPreKey)
        }
        if !isUpToDate { try await self.uploadPreKeysAnew() }
    }

    private func uploadPreKeysAnew() async throws(ClientError) {
        guard !self.isUploadingPreKeys else { return }
        self.isUploadingPreKeys = true
        defer { self.isUploadingPreKeys = false }
        try await self.uploadPreKeys(self.policy.laterPreKeyCount)
    }
}

extension DeviceState {
    /// Keys that wait for their upload, filled up with new ones.
    fileprivate mutating func preKeysToUpload(
        _ count: Int, using generator: inout some RandomNumberGenerator
    ) throws -> [PreKey] {
        let waiting = try self.loadPreKeysToUpload(limit: count)
        guard waiting.count < count else { return waiting }
        var next = try self.loadNextPreKeyID()
        var fresh: [PreKey] = []
        for _ in waiting.count..<count {
            fresh.append(try PreKey(id: next, using: &generator))
            next = PreKey.id(after: next)
        }
        try self.savePreKeys(fresh, areUploaded: false, nextID: next)
        return waiting + fresh
    }
}
