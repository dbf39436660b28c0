import NIOSSL

/// A certificate of nobody's for `localhost` and `127.0.0.1`, signed by itself, valid for a hundred years.
enum TestCertificate {
    static func server() throws -> TLSConfiguration {
        .makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: Array(Self.pem.utf8), format: .pem))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(Self.key.utf8), format: .pem)))
    }

    /// Of a client that knows it.
    static func trustingClient() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(
            [try NIOSSLCertificate(bytes: Array(Self.pem.utf8), format: .pem)])
        return configuration
    }

    private static let pem = """
        -----BEGIN CERTIFICATE-----
        MIIBnDCCAUGgAwIBAgIUBd3joTQIddegh/dFEOhVyHrhqiwwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA4Mjk0NFoYDzIxMjYxMDI4
        MDgyOTQ0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAAT5BLB/xWWsCvAgQfaO/SzihcHkJMUcGE/K6RkLK+6oBDo3SuuO2Unj
        sIrwjDkeQhsetwF1gyc15Lnr3fCZutqVo28wbTAdBgNVHQ4EFgQUFGXmcw89nQtr
        qaQofbKdClgzPp4wHwYDVR0jBBgwFoAUFGXmcw89nQtrqaQofbKdClgzPp4wDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDSQAwRgIhALxg/TkgaNJCFREswsIozErjXvJhFMLYfhfRyZLgByv4AiEA
        qtZuSQH6eXWNo3eYaF41E9Ob7luFwRjiV+1SStrpjXI=
        -----END CERTIFICATE-----
        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQavY4dyP//5usgWR
        AmHEE8xjfYP/8GlEcw4/qyxc1SqhRANCAAT5BLB/xWWsCvAgQfaO/SzihcHkJMUc
        GE/K6RkLK+6oBDo3SuuO2UnjsIrwjDkeQhsetwF1gyc15Lnr3fCZutqV
        -----END PRIVATE KEY-----
        """
}
