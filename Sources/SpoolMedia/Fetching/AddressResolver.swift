import Glibc
import NIOCore
import NIOPosix

/// Turns a host name into addresses.
public protocol AddressResolver: Sendable {
    /// All addresses of the name, the best to connect to first; never empty.
    /// - Throws: `unresolvable`.
    func addresses(of name: String) async throws(MediaError) -> [NetworkAddress]
}

/// The resolver that the machine is configured with.
public struct SystemResolver: AddressResolver {
    private let timeout: Duration

    /// - Parameter timeout: How long one name may take; the C library itself gives up much later.
    public init(timeout: Duration = .seconds(15)) {
        self.timeout = timeout
    }

    public func addresses(of name: String) async throws(MediaError) -> [NetworkAddress] {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Result<[NetworkAddress], MediaError>.self)
        // A look-up cannot be interrupted: when it takes too long its thread is left to end by itself.
        let deadline = loop.scheduleTask(in: TimeAmount(self.timeout)) {
            promise.succeed(.failure(.unresolvable(host: name, isTemporary: true)))
        }
        let lookUp = NIOThreadPool.singleton.runIfActive(eventLoop: loop) { Self.lookUp(name) }
        lookUp.whenComplete { result in
            deadline.cancel()
            promise.succeed((try? result.get()) ?? .failure(.unresolvable(host: name, isTemporary: true)))
        }
        let result: Result<[NetworkAddress], MediaError>
        do {
            result = try await promise.futureResult.get()
        } catch {
            // The promise is only ever fulfilled with a result.
            throw .unresolvable(host: name, isTemporary: true)
        }
        return try result.get()
    }

    private static func lookUp(_ name: String) -> Result<[NetworkAddress], MediaError> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &list)
        guard code == 0 else {
            return .failure(.unresolvable(host: name, isTemporary: code == EAI_AGAIN || code == EAI_SYSTEM))
        }
        defer { freeaddrinfo(list) }
        var addresses: [NetworkAddress] = []
        var next = list
        while let entry = next {
            if let address = Self.address(entry.pointee), !addresses.contains(address) { addresses.append(address) }
            next = entry.pointee.ai_next
        }
        return addresses.isEmpty ? .failure(.unresolvable(host: name, isTemporary: false)) : .success(addresses)
    }

    private static func address(_ entry: addrinfo) -> NetworkAddress? {
        guard let socket = entry.ai_addr else { return nil }
        switch entry.ai_family {
        case AF_INET:
            return UnsafeRawPointer(socket).withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                withUnsafeBytes(of: address.pointee.sin_addr) { NetworkAddress(bytes: Array($0)) }
            }
        case AF_INET6:
            return UnsafeRawPointer(socket).withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                withUnsafeBytes(of: address.pointee.sin6_addr) { NetworkAddress(bytes: Array($0)) }
            }
        default: return nil
        }
    }
}
