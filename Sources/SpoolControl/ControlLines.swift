import AsyncHTTPClient
import NIOCore
public import SpoolCore

/// An answer that comes line by line, each a JSON object; it can be read once.
///
/// Hung up when the task that reads it is cancelled, or when it is let go of before its end.
public struct ControlLines: AsyncSequence, Sendable {
    /// The most bytes of one line.
    public static let longestLine = 64 << 10

    let body: HTTPClientResponse.Body
    let client: ControlClient

    public func makeAsyncIterator() -> Iterator {
        Iterator(pieces: self.body.makeAsyncIterator(), client: self.client)
    }

    public struct Iterator: AsyncIteratorProtocol {
        private var pieces: HTTPClientResponse.Body.AsyncIterator
        private let client: ControlClient
        /// What came and is not handed out yet.
        private var buffer = ByteBuffer()
        /// How much of the buffer is known to hold no line end.
        private var searched = 0
        private var isOver = false

        init(pieces: HTTPClientResponse.Body.AsyncIterator, client: ControlClient) {
            self.pieces = pieces
            self.client = client
        }

        /// The next line; empty ones are left out.
        /// - Throws: `malformed` for a line that is no object or too long, `unreachable` when the daemon went away
        ///   before the end. Nothing comes after that.
        public mutating func next() async throws(ControlError) -> JSONValue? {
            guard !self.isOver else { return nil }
            do throws(ControlError) {
                while true {
                    if let line = try self.takeLine() {
                        guard !line.isEmpty else { continue }
                        return try Self.object(line)
                    }
                    guard try await self.takePiece() else { break }
                }
            } catch {
                self.isOver = true
                throw error
            }
            self.isOver = true
            let rest = Array(self.buffer.readableBytesView)
            return rest.isEmpty ? nil : try Self.object(rest)
        }

        private mutating func takeLine() throws(ControlError) -> [UInt8]? {
            let bytes = self.buffer.readableBytesView
            let end = bytes.dropFirst(self.searched).firstIndex(of: UInt8(ascii: "\n"))
            let length = end.map { $0 - bytes.startIndex } ?? bytes.count
            guard length <= ControlLines.longestLine else {
                throw .malformed("a line is longer than \(ControlLines.longestLine) bytes")
            }
            guard end != nil else {
                self.searched = length
                return nil
            }
            let line = Array(bytes.prefix(length))
            self.buffer.moveReaderIndex(forwardBy: length + 1)
            self.searched = 0
            return line
        }

        /// - Returns: `false` at the end of the answer.
        private mutating func takePiece() async throws(ControlError) -> Bool {
            do {
                guard var piece = try await self.pieces.next() else { return false }
                self.buffer.discardReadBytes()
                self.buffer.writeBuffer(&piece)
                return true
            } catch {
                throw self.client.interruption(error)
            }
        }

        private static func object(_ line: [UInt8]) throws(ControlError) -> JSONValue {
            let value = try ControlAnswer(status: 200, body: line).json()
            guard case .object = value else { throw .malformed("a line is no object") }
            return value
        }
    }
}
