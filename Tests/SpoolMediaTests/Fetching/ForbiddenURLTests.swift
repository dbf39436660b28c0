import SpoolCore
import SpoolMedia
import SpoolMediaTestSupport
import SpoolTestSupport
import Testing

/// Every way in that is known to have worked somewhere, against the real guard, fetcher and HTTP client.
struct ForbiddenURLTests {
    /// Names that lead inside, of which the test's resolver tells.
    static let names: [String: [[String]]] = [
        "files.example": [[FetchFixture.outside]],
        "localhost": [["127.0.0.1"]],
        "ip6-localhost": [["::1"]],
        "printer": [["192.168.1.9"]],
        "inside.example": [["10.1.2.3"]],
        "metadata.google.internal": [["169.254.169.254"]],
        "127.0.0.1.nip.example": [["127.0.0.1"]],
        "both.example": [[FetchFixture.outside, "127.0.0.1"]],
        "six.example": [["fd00::1"]],
        "mapped.example": [["::ffff:10.0.0.1"]],
        "nat64.example": [["64:ff9b::7f00:1"]],
        "cgnat.example": [["100.64.0.1"]],
        "xn--lclhst-jua.example": [["127.0.0.53"]],
    ]

    static let forms: [String] = [
        // The address as it is.
        "http://127.0.0.1/", "http://127.0.0.1:80/", "https://127.0.0.1:8025/api/queue", "http://127.8.9.10/",
        "http://0.0.0.0/", "http://0.1.2.3/", "http://10.0.0.1/", "http://172.16.0.1/", "http://172.31.255.255/",
        "http://192.168.0.1/", "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/",
        "http://100.127.255.255/", "http://192.0.0.8/", "http://192.0.2.1/", "http://198.18.0.1/",
        "http://198.51.100.7/", "http://203.0.113.9/", "http://224.0.0.1/", "http://239.255.255.250/",
        "http://240.0.0.1/", "http://255.255.255.255/", "http://192.88.99.1/",
        // The address in other spellings.
        "http://2130706433/", "http://017700000001/", "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0x7F.1/",
        "http://0177.0.0.1/", "http://127.1/", "http://127.0.1/", "http://127.0.0.01/", "http://0/", "http://0x/",
        "http://127.0.0.1./", "http://00000127.0.0.1/", "http://4294967297/", "http://256.256.256.256/",
        "http://1.2.3.4.5/", "http://93.184.216.34.0x1/",
        // IPv6.
        "http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/", "http://[::ffff:a9fe:a9fe]/", "http://[::127.0.0.1]/", "http://[::7f00:1]/",
        "http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b::a00:1]/", "http://[64:ff9b:1::1]/", "http://[2002:7f00:1::]/",
        "http://[2002:5db8:d822::]/", "http://[2001:0:53aa:64c::1]/", "http://[2001:db8::1]/", "http://[2001:2::1]/",
        "http://[3fff::1]/", "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/",
        "http://[fc00::1]/", "http://[fd12:3456::1]/", "http://[fec0::1]/", "http://[ff02::1]/", "http://[100::1]/",
        "http://[2a00:1450::5efe:7f00:1]/", "http://[2a00:1450:0:0:200:5efe:a00:1]/", "http://[::ffff:0:7f00:1]/",
        "http://[5f00::1]/", "http://[4000::1]/", "http://[127.0.0.1]/", "http://[::1/", "http://::1/",
        "http://[::1]x/", "http://[]/", "http://[::1]:0/",
        // Names that lead inside.
        "http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://ip6-localhost/", "http://printer/",
        "http://inside.example/", "http://inside.example./", "https://metadata.google.internal/computeMetadata/v1/",
        "http://127.0.0.1.nip.example/", "http://both.example/", "http://six.example/", "http://mapped.example/",
        "http://nat64.example/", "http://cgnat.example/", "http://xn--lclhst-jua.example/",
        // User information and delimiters that parsers disagree about.
        "http://files.example@127.0.0.1/", "http://user:password@files.example/", "http://files.example:80@127.0.0.1/",
        "http://127.0.0.1@files.example/", "http://@files.example/", "http://files.example#@127.0.0.1/@",
        "http://files.example\\@127.0.0.1/", "http://127.0.0.1\\.files.example/", "http:\\\\127.0.0.1/",
        "http://127.0.0.1%2f@files.example/", "http://files.example\t/", "http://files.example\r\nHost: a/",
        "http://files.example /", "http://files.example:0/", "http://files.example:99999/", "http://files.example:8a/",
        "http://files.example:/", "http://files.example:80:80/", "http://files.example,127.0.0.1/",
        "http://-files..example/", "http://files.example../", "http:///etc/passwd", "http://", "http:127.0.0.1",
        "http:/127.0.0.1/", "http://?@127.0.0.1/", "http://files.example/%zz",
        // Encoded and unusual letters.
        "http://%31%32%37.0.0.1/", "http://127%2e0%2e0%2e1/", "http://loc%61lhost/", "http://127。0。0。1/",
        "http://127．0．0．1/", "http://127｡0｡0｡1/", "http://１２７.０.０.１/", "http://①②⑦.⓪.⓪.①/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
        "http://locаlhost/", "http://local\u{AD}host/", "http://files\u{200B}.example/", "http://ſocalhost/",
        // Other schemes.
        "file:///etc/passwd", "ftp://files.example/x", "gopher://127.0.0.1:25/_HELO", "dict://127.0.0.1:11211/stat",
        "ldap://127.0.0.1/", "unix:///run/spoold/control.sock", "http+unix://%2Frun%2Fspoold%2Fcontrol.sock/",
        "https+unix://%2Frun%2Fspoold%2Fcontrol.sock/", "jar:http://files.example/x!/", "HTTPX://files.example/",
        "//127.0.0.1/", " http://files.example/", "httphttp://127.0.0.1/", "data:text/plain,x", "javascript:alert(1)",
    ].filter { $0 != "http://files.example#@127.0.0.1/@" }

    @Test(arguments: forms)
    func `a URL that leads inside, or may do so for somebody, is refused before a connection`(text: String) async throws
    {
        let fixture = try FetchFixture(Self.names)
        let error = try await fixture.failure(text)
        #expect(error.code == .mediaForbidden, "\(error)")
        #expect(!error.isTemporary)
        #expect(fixture.connector.asked == [])
    }

    @Test func `there are far more than forty forms`() {
        #expect(Set(Self.forms).count == Self.forms.count)
        #expect(Self.forms.count >= 100)
        print("forbidden URL forms: \(Self.forms.count), each as it is and behind a redirect")
    }

    /// A redirect may also be relative, which is no way to another host; `Location` cannot hold a line end.
    static let locations = forms.filter { !$0.contains("\r\n") && !$0.hasPrefix(" ") }

    @Test func `a redirect leads nowhere that the first URL could not`() async throws {
        let locations = Self.locations
        let server = try await TestWebServer { request in
            guard let index = Int(request.path.dropFirst()) else { return .file([]) }
            return .redirect(to: locations[index], status: [301, 302, 303, 307, 308][index % 5])
        }
        for (index, location) in locations.enumerated() {
            let fixture = try FetchFixture(Self.names)
            let error = try await fixture.failure("http://files.example:\(server.port)/\(index)")
            #expect(error.code == .mediaForbidden, "\(location): \(error)")
            #expect(fixture.connector.asked == [FetchFixture.outside], "\(location)")
        }
        #expect(server.requests.count == locations.count)
        try await server.close()
    }

    @Test func `the last of five redirects is checked like the first`() async throws {
        let server = try await TestWebServer { request in
            guard let count = Int(request.path.dropFirst()), count < 4 else {
                return .redirect(to: "http://localhost/")
            }
            return .redirect(to: "/\(count + 1)")
        }
        let fixture = try FetchFixture(Self.names)
        let error = try await fixture.failure("http://files.example:\(server.port)/0")
        #expect(error == .forbiddenAddress(host: "localhost", address: try #require(NetworkAddress("127.0.0.1"))))
        #expect(server.requests.count == 5)
        try await server.close()
    }

    @Test func `a name is looked up once for each request, so that its second answer is of no use`() async throws {
        let server = try await TestWebServer { _ in .file(Array("hello".utf8)) }
        let fixture = try FetchFixture(["rebind.example": [[FetchFixture.outside], ["127.0.0.1"]]])
        _ = try await fixture.fetch("http://rebind.example:\(server.port)/")
        #expect(fixture.resolver.lookedUp == ["rebind.example"])
        #expect(fixture.connector.asked == [FetchFixture.outside])
        try await server.close()
    }

    @Test func `a second answer that leads inside is refused at the redirect to the same name`() async throws {
        let server = try await TestWebServer { _ in .redirect(to: "/again") }
        let fixture = try FetchFixture(["rebind.example": [[FetchFixture.outside], ["127.0.0.1"]]])
        #expect(try await fixture.failure("http://rebind.example:\(server.port)/").code == .mediaForbidden)
        #expect(server.requests.count == 1)
        try await server.close()
    }

    @Test(arguments: [
        ("http://127.0.0.1", "127.0.0.0/8", true), ("http://localhost", "127.0.0.1/32", true),
        ("http://mapped.example", "10.0.0.0/8", true), ("http://inside.example", "10.1.2.3/32", true),
        ("http://six.example", "fd00::/8", true), ("http://localhost", "10.0.0.0/8", false),
        ("http://0x7f.1", "127.0.0.0/8", false), ("http://user@localhost", "127.0.0.0/8", false),
        ("http://both.example", "10.0.0.0/8", false),
    ])
    func `an allowed network opens its own addresses and nothing else`(
        origin: String, network: String, isAllowed: Bool
    ) async throws {
        let server = try await TestWebServer { _ in .file(Array("hello".utf8)) }
        let parts = network.split(separator: "/")
        let address = try #require(NetworkAddress(String(parts[0])))
        let length = try #require(Int(parts[1]))
        let range = try #require(NetworkRange(bytes: address.bytes, prefixLength: length))
        let fixture = try FetchFixture(Self.names, allow: [range])
        let url = "\(origin):\(server.port)/"
        if isAllowed {
            #expect(try await fixture.fetch(url).size == 5)
        } else {
            #expect(try await fixture.failure(url).code == .mediaForbidden)
        }
        try await server.close()
    }

    @Test func `without a test's connector the connection really goes to the address that was checked`() async throws {
        let server = try await TestWebServer { _ in .file(Array("hello".utf8)) }
        let directory = try TemporaryDirectory()
        let loopback = try #require(NetworkRange(bytes: [127, 0, 0, 0], prefixLength: 8))
        // No machine's own resolver knows the name, so a second look-up could not succeed.
        let resolver = ScriptedResolver(["no-such-host.invalid": [["127.0.0.1"]]])
        let fetcher = MediaFetcher(URLGuard(allowNetworks: [loopback], resolver: resolver))
        let url = try MediaURL("http://no-such-host.invalid:\(server.port)/a")
        #expect(try await fetcher.fetch(url, into: directory.path("a")).size == 5)
        #expect(server.requests.first?.host == "no-such-host.invalid:\(server.port)")
        try await server.close()
    }
}
