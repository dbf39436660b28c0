extension SessionCipher {
    /// Starts a session with one address from its bundle, whose signature is checked first. An older session with the
    /// same identity goes to the archive.
    ///
    /// Draws the base key, then the ratchet key: 32 bytes each.
    @discardableResult
    public func startSession(
        with bundle: PreKeyBundle, for address: ProtocolAddress, in store: inout some SignalStore,
        using generator: inout some RandomNumberGenerator
    ) throws -> IdentityChange {
        try self.startSessions(with: [(address, bundle)], in: &store, using: &generator)[0].get()
    }

    /// Starts sessions with many addresses, with one load and one commit. A bundle that is refused does not stop the
    /// others.
    /// - Returns: One result for each bundle, in their order.
    public func startSessions(
        with bundles: [(address: ProtocolAddress, bundle: PreKeyBundle)], in store: inout some SignalStore,
        using generator: inout some RandomNumberGenerator
    ) throws -> [Result<IdentityChange, SignalError>] {
        let addresses = bundles.map(\.address)
        let local = try store.loadLocalIdentity()
        let identities = try store.loadIdentities(for: addresses)
        let sessions = try store.loadSessions(for: addresses)
        var changes = SignalChanges()
        let results = bundles.map { address, bundle in
            Result { () throws(SignalError) in
                let started = try self.start(
                    with: bundle, as: local, knownAs: changes.identities[address] ?? identities[address],
                    after: changes.sessions[address] ?? sessions[address], using: &generator)
                changes.sessions[address] = started.record
                changes.identities[address] = bundle.identityKey
                return started.change
            }
        }
        try store.commit(changes)
        return results
    }

    private func start(
        with bundle: PreKeyBundle, as local: LocalIdentity, knownAs known: IdentityKey?, after record: SessionRecord?,
        using generator: inout some RandomNumberGenerator
    ) throws(SignalError) -> (record: SessionRecord, change: IdentityChange) {
        let change = try self.identityChange(to: bundle.identityKey, knownAs: known)
        let started = try SessionRecord(
            startingWith: bundle, as: local, after: record?.ifBelonging(to: bundle.identityKey), using: &generator)
        return (started, change)
    }
}
