import Testing

@testable import SpoolMedia

struct MediaURLTests {
    @Test(arguments: [
        ("https://Files.Example/a b/ü.pdf?x=1 2#part", "https://files.example/a%20b/%C3%BC.pdf?x=1%202"),
        ("HTTP://files.example", "http://files.example/"),
        ("https://files.example:443/x", "https://files.example/x"),
        ("http://files.example:8080?q=http://127.0.0.1/", "http://files.example:8080/?q=http://127.0.0.1/"),
        ("http://files.example./a@b:c", "http://files.example/a@b:c"),
        ("http://[2606:4700::1]:8080/", "http://[2606:4700::1]:8080/"),
        ("http://files_1.example/%2F%e4", "http://files_1.example/%2F%e4"),
        ("http://files.example#@127.0.0.1/@", "http://files.example/"),
        ("http://93.184.216.34/", "http://93.184.216.34/"),
    ])
    func `a URL is written out anew`(text: String, expected: String) throws {
        #expect(try MediaURL(text).description == expected)
        #expect(try MediaURL(expected).description == expected)
    }

    @Test(arguments: [
        ("/c", "http://files.example/c"), ("c", "http://files.example/a/c"), ("../c", "http://files.example/c"),
        ("../../../c", "http://files.example/c"), ("./c/./d/..", "http://files.example/a/c/"),
        ("?y", "http://files.example/a/b?y"), ("#f", "http://files.example/a/b?x"),
        ("//other.example/c", "http://other.example/c"), ("https://other.example", "https://other.example/"),
        ("/c:d", "http://files.example/c:d"), ("?u=http://127.0.0.1/", "http://files.example/a/b?u=http://127.0.0.1/"),
    ])
    func `a redirect is read from where it comes`(location: String, expected: String) throws {
        #expect(try MediaURL("http://files.example/a/b?x").redirected(to: location).description == expected)
    }

    @Test func `a URL has a longest length`() throws {
        let text = "http://files.example/"
        let longest = text + String(repeating: "a", count: MediaURL.maximumLength - text.count)
        #expect(throws: Never.self) { try MediaURL(longest) }
        #expect(throws: MediaError.forbiddenURL(.tooLong)) { try MediaURL(longest + "a") }
    }

    @Test func `the last part of a path is a name`() throws {
        #expect(try MediaURL("http://a.example/x/My%20File.pdf?y").lastPathComponent == "My File.pdf")
        #expect(try MediaURL("http://a.example/x/").lastPathComponent == nil)
        #expect(try MediaURL("http://a.example").lastPathComponent == nil)
    }

    @Test(arguments: [
        ("https://x/y", true), ("HTTP:x", true), ("ftp://x", true), ("file:/etc/passwd", true), ("a:b.pdf", false),
        ("photo.jpg", false), ("http", false), ("folder/http://x", false), ("C:\\x", false), ("://x", false),
    ])
    func `what begins like a URL is no path`(text: String, isURL: Bool) {
        #expect(MediaSource.isURL(text) == isURL)
    }
}
