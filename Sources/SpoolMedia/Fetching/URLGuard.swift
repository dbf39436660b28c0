/// Decides where a URL may be fetched from: only from addresses of the public Internet, and from networks that the
/// administrator has named.
public struct URLGuard: Sendable {
    private let allowNetworks: [NetworkRange]
    private let resolver: any AddressResolver

    public init(allowNetworks: [NetworkRange] = [], resolver: any AddressResolver = SystemResolver()) {
        self.allowNetworks = allowNetworks
        self.resolver = resolver
    }

    /// The addresses to connect to, every one of them checked; the connection has to go to one of these, since a
    /// second look-up of the name may give others.
    /// - Throws: `forbiddenAddress` when any address of the host is one that must not be reached: a name that leads
    ///   both outside and inside is a trick. `unresolvable`.
    public func addresses(for url: MediaURL) async throws(MediaError) -> [NetworkAddress] {
        let found: [NetworkAddress]
        switch url.host {
        case .address(let address): found = [address]
        case .name(let name): found = try await self.resolver.addresses(of: name)
        }
        guard !found.isEmpty else { throw .unresolvable(host: url.hostText, isTemporary: false) }
        for address in found where !self.isAllowed(address) {
            throw .forbiddenAddress(host: url.hostText, address: address)
        }
        return found.map(\.unmapped)
    }

    /// Refuses a URL whose host is written as an address that must not be reached; asks nobody.
    /// - Throws: `forbiddenAddress`.
    public func checkLiteral(_ url: MediaURL) throws(MediaError) {
        guard case .address(let address) = url.host, !self.isAllowed(address) else { return }
        throw .forbiddenAddress(host: url.hostText, address: address)
    }

    private func isAllowed(_ address: NetworkAddress) -> Bool {
        PublicInternet.contains(address) || self.allowNetworks.contains { $0.contains(address.unmapped) }
    }
}
