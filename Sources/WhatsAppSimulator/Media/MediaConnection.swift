import CryptoPrimitives
import Foundation
import Logging
import NIOCore
import NIOHTTP1

/// One client's connection to a media server: requests one after the other. Bodies go to and come from files in small
/// portions.
struct MediaConnection: Sendable {
    /// So much of the body of a refused upload is read and thrown away, so that its sender hears the answer.
    private static let drainLimit: UInt64 = 1 << 28
    /// Into so many pauses a slow body is divided.
    private static let pauses = 10

    let server: SimulatedServer
    let files: MediaFiles
    let connection: MediaListener.Connection

    private typealias Writer = NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    private typealias Reader = NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator

    /// Why a connection ends here.
    private enum Ending: Error {
        /// A fault tears it.
        case torn
        /// The client has gone, or has sent something in the wrong place.
        case over
    }

    func run() async {
        let isTorn: Bool
        do {
            isTorn = try await self.connection.executeThenClose { inbound, outbound in
                var reader = inbound.makeAsyncIterator()
                do {
                    while let part = try await reader.next() {
                        guard case .head(let head) = part else { continue }
                        guard try await self.serve(head, &reader, outbound), head.isKeepAlive else { break }
                    }
                } catch Ending.torn {
                    // The close that follows is one without goodbye.
                    try? await self.connection.channel.closeWithoutGoodbye()
                    return true
                }
                return false
            }
        } catch {
            // Clients may go at any time.
            isTorn = false
        }
        if isTorn { self.server.logger.debug("a media connection was torn") }
    }

    /// - Returns: false when the connection cannot be used any longer.
    private func serve(
        _ head: HTTPRequestHead, _ reader: inout Reader, _ writer: Writer
    ) async throws -> Bool {
        let request = MediaRequest(
            method: head.method.rawValue, uri: head.uri, headers: head.headers.map { ($0.name, $0.value) })
        switch await self.server.decide(request) {
        case .answer(let answer):
            let isDrained = try await self.drain(&reader)
            try await self.send(answer, writer, closes: !isDrained)
            return isDrained
        case .take(let reception):
            if head.headers.first(name: "Expect")?.lowercased() == "100-continue" {
                try await writer.write(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
            }
            try await self.send(self.take(reception, &reader), writer, closes: false)
            return true
        case .give(let gift):
            guard try await self.drain(&reader) else { return false }
            try await self.give(gift, writer)
            return true
        }
    }

    /// Reads a body to its end and throws it away.
    /// - Returns: false when it is too long for that.
    private func drain(_ reader: inout Reader) async throws -> Bool {
        var count: UInt64 = 0
        while let part = try await reader.next() {
            switch part {
            case .body(let buffer):
                count += UInt64(buffer.readableBytes)
                guard count <= Self.drainLimit else { return false }
            case .end: return true
            case .head: throw Ending.over
            }
        }
        throw Ending.over
    }

    private func send(_ answer: MediaAnswer, _ writer: Writer, closes: Bool) async throws {
        var headers: HTTPHeaders = ["Content-Length": "\(answer.body.count)", "Content-Type": "application/json"]
        if let seconds = answer.retryAfter { headers.add(name: "Retry-After", value: "\(seconds)") }
        if closes { headers.add(name: "Connection", value: "close") }
        let status = HTTPResponseStatus(statusCode: answer.status)
        try await writer.write(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
        if !answer.body.isEmpty { try await writer.write(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))) }
        try await writer.write(.end(nil))
    }
}

// Uploads.
extension MediaConnection {
    private func take(_ reception: MediaReception, _ reader: inout Reader) async throws -> MediaAnswer {
        let handle: FileHandle
        do {
            handle = try self.files.open(reception)
        } catch {
            self.server.logger.error("an upload cannot be kept", metadata: ["error": "\(error)"])
            _ = try await self.drain(&reader)
            return MediaAnswer(status: 500)
        }
        defer { try? handle.close() }
        do {
            let hash = try await self.store(reception, in: handle, &reader)
            let answer = await self.server.complete(reception, hash: hash)
            guard answer.status == 200 else {
                self.files.drop(reception)
                return answer
            }
            try self.files.keep(reception)
            return answer
        } catch {
            let kept = (try? handle.offset()) ?? 0
            if (try? self.files.keepPart(reception)) == nil { self.files.drop(reception) }
            await self.server.interrupt(reception, kept: kept)
            throw error
        }
    }

    /// - Returns: the hash of all bytes, those that were there already among them.
    private func store(
        _ reception: MediaReception, in handle: FileHandle, _ reader: inout Reader
    ) async throws -> [UInt8] {
        var pace = Pace(reception.plan, total: reception.count)
        var hash = reception.offset == 0 ? try HashStream(.sha256) : try self.files.hash(handle)
        var count: UInt64 = 0
        while let part = try await reader.next() {
            switch part {
            case .body(let buffer):
                var bytes = buffer.readableBytesView
                let isTorn = reception.plan.resetAfter.map { count + UInt64(bytes.count) >= UInt64($0) } ?? false
                if isTorn, let limit = reception.plan.resetAfter { bytes = bytes.prefix(limit - Int(count)) }
                let data = Data(bytes)
                try hash.update(data)
                try handle.write(contentsOf: data)
                count += UInt64(bytes.count)
                if isTorn { throw Ending.torn }
                try await pace.wait(at: count, on: self.server.clock)
            case .end:
                guard reception.plan.resetAfter == nil else { throw Ending.torn }
                // The HTTP decoder has seen to it that these are as many bytes as were announced.
                return try hash.finish()
            case .head: throw Ending.over
            }
        }
        throw Ending.over
    }
}

// Downloads.
extension MediaConnection {
    private func give(_ gift: MediaGift, _ writer: Writer) async throws {
        guard let handle = try? self.files.read(gift.token) else {
            return try await self.send(MediaAnswer(status: 404), writer, closes: false)
        }
        defer { try? handle.close() }
        let headers: HTTPHeaders = [
            "Content-Length": "\(gift.length)", "Content-Type": "application/octet-stream",
        ]
        try await writer.write(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)))
        var pace = Pace(gift.plan, total: gift.length)
        var count = 0
        while let portion = try handle.read(upToCount: MediaFiles.portion), !portion.isEmpty {
            let isTorn = gift.plan.resetAfter.map { count + portion.count >= $0 } ?? false
            let rest = isTorn ? portion.prefix((gift.plan.resetAfter ?? 0) - count) : portion
            if !rest.isEmpty { try await writer.write(.body(.byteBuffer(ByteBuffer(bytes: rest)))) }
            count += rest.count
            if isTorn { throw Ending.torn }
            try await pace.wait(at: UInt64(count), on: self.server.clock)
        }
        try await writer.write(.end(nil))
    }

    /// Draws a body out.
    private struct Pace {
        private let pause: Duration?
        private let step: UInt64
        private var next: UInt64 = 0

        init(_ plan: MediaPlan, total: UInt64) {
            self.pause = plan.slowness.map { .seconds($0 / Double(MediaConnection.pauses)) }
            self.step = max(1, total / UInt64(MediaConnection.pauses))
        }

        mutating func wait(at count: UInt64, on clock: any Clock<Duration>) async throws {
            guard let pause else { return }
            while self.next < count {
                self.next += self.step
                try await clock.sleep(for: pause)
            }
        }
    }
}
