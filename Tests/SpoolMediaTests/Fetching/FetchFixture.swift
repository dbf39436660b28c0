import SpoolTestSupport
import Synchronization
import Testing

@testable import SpoolMedia

/// A resolver that knows a few names; each look-up takes the next of a name's answers, the last one again and again.
final class ScriptedResolver: AddressResolver {
    private let answers: Mutex<[String: [[String]]]>
    private let names = Mutex<[String]>([])

    init(_ answers: [String: [[String]]]) {
        self.answers = Mutex(answers)
    }

    var lookedUp: [String] { self.names.withLock { $0 } }

    func addresses(of name: String) async throws(MediaError) -> [NetworkAddress] {
        self.names.withLock { $0.append(name) }
        let answer = self.answers.withLock { answers -> [String]? in
            guard let list = answers[name], let first = list.first else { return nil }
            if list.count > 1 { answers[name]?.removeFirst() }
            return first
        }
        guard let answer else { throw .unresolvable(host: name, isTemporary: false) }
        return answer.compactMap { NetworkAddress($0) }
    }
}

/// Connects to the test's own server whatever the address, and remembers which addresses were asked for.
final class LoopbackConnector: MediaConnector {
    private let unreachable: Set<String>
    private let addresses = Mutex<[String]>([])

    init(unreachable: Set<String> = []) {
        self.unreachable = unreachable
    }

    var asked: [String] { self.addresses.withLock { $0 } }

    func get(_ url: MediaURL, at address: NetworkAddress) async throws(MediaError) -> MediaExchange {
        self.addresses.withLock { $0.append(address.description) }
        guard !self.unreachable.contains(address.description), let loopback = NetworkAddress("127.0.0.1") else {
            throw .unreachable(host: url.hostText, reason: "the test says so")
        }
        return try await PinnedConnector().get(url, at: loopback)
    }
}

/// A fetcher whose names are the test's and whose connections all go to the test's server.
struct FetchFixture {
    /// An address of the public Internet, as far as the guard can tell.
    static let outside = "93.184.216.34"

    let directory: TemporaryDirectory
    let resolver: ScriptedResolver
    let connector: LoopbackConnector
    let fetcher: MediaFetcher

    init(
        _ names: [String: [[String]]] = ["files.example": [[Self.outside]]], allow: [NetworkRange] = [],
        limits: MediaFetcher.Limits = .init(), clock: any Clock<Duration> = ContinuousClock(),
        unreachable: Set<String> = []
    ) throws {
        self.directory = try TemporaryDirectory()
        self.resolver = ScriptedResolver(names)
        self.connector = LoopbackConnector(unreachable: unreachable)
        self.fetcher = MediaFetcher(
            URLGuard(allowNetworks: allow, resolver: self.resolver), limits: limits, clock: clock,
            connector: self.connector)
    }

    /// Fetches into the file `fetched`; whatever fails leaves no file.
    func fetch(_ text: String) async throws -> FetchedFile {
        do {
            return try await self.fetcher.fetch(MediaURL(text), into: self.directory.path("fetched"))
        } catch {
            #expect(!self.directory.exists("fetched"), "a failed fetch of \(text) left its file")
            throw error
        }
    }

    /// What a fetch that must fail fails with.
    func failure(_ text: String) async throws -> MediaError {
        do {
            let file = try await self.fetch(text)
            throw UnexpectedSuccess(what: "\(text) was fetched: \(file.size) bytes")
        } catch let error as MediaError {
            return error
        }
    }
}

struct UnexpectedSuccess: Error {
    let what: String
}
