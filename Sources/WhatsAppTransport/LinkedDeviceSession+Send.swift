import Foundation
import SpoolCore
import WhatsAppBinary
import WhatsAppClient

extension LinkedDeviceSession {
    /// Sends what goes to people who are there, all together, but for messages that wait for their attachments.
    func send(_ messages: [OutgoingMessage]) async -> [SendResult] {
        guard self.condition == .connected, self.stopCondition == nil, let messenger = self.live?.messenger else {
            return messages.map { _ in .failure(self.absence) }
        }
        self.beginSend()
        defer { self.endSend() }
        let recipients = await self.recipients(of: messages, messenger)
        var results = messages.map { _ in SendResult.failure(.notConnected) }
        var backlog = SendBacklog()
        var attachments: [(index: Int, attachment: MediaAttachment)] = []
        for (index, message) in messages.enumerated() {
            switch recipients.account(of: message.recipient) {
            case .success(let account):
                let text = OutgoingText(id: message.wireID.rawValue, recipient: account, text: message.text)
                backlog.append(index, text, isReady: message.media == nil)
                if let media = message.media { attachments.append((index, MediaAttachment(media))) }
            case .failure(let error): results[index] = .failure(error)
            }
        }
        await Self.send(&backlog, attachments, messenger, &results)
        return results
    }

    /// Uploads and sends side by side: an upload keeps nobody waiting but its own chat.
    private static func send(
        _ backlog: inout SendBacklog, _ attachments: [(index: Int, attachment: MediaAttachment)],
        _ messenger: Messenger,
        _ results: inout [SendResult]
    ) async {
        let ended = EndedUploads()
        await withDiscardingTaskGroup { group in
            for (index, attachment) in attachments {
                group.addTask { await ended.add(index, await messenger.upload(attachment)) }
            }
            var open = attachments.count
            while true {
                let ready = backlog.takeReady()
                for (entry, outcome) in zip(ready, await self.outcomes(of: ready.map(\.text), messenger)) {
                    results[entry.index] = outcome.result
                }
                guard open > 0 else { return }
                for (index, result) in await ended.takeAll() {
                    open -= 1
                    switch result {
                    case .success(let attachment): backlog.attach(attachment, to: index)
                    case .failure(let failure):
                        backlog.drop(index)
                        results[index] = .failure(failure.error)
                    }
                }
            }
        }
    }

    private var absence: TransportError {
        .sessionLost(detail: self.condition.detail ?? "the device is being stopped")
    }

    /// Those that the server refuses for device lists that are out of date are sent once more, with new ones: nobody has
    /// got them.
    private static func outcomes(of texts: [OutgoingText], _ messenger: Messenger) async -> [SendOutcome] {
        var outcomes = await messenger.send(texts)
        let stale = outcomes.indices.filter { outcomes[$0] == .refused(.staleDevices) }
        guard !stale.isEmpty else { return outcomes }
        let again = await messenger.send(stale.map { texts[$0] })
        for (index, outcome) in zip(stale, again) { outcomes[index] = outcome }
        return outcomes
    }

    /// Asks for the accounts of numbers that are not known.
    private func recipients(of messages: [OutgoingMessage], _ messenger: Messenger) async -> RecipientMapping {
        let numbers = Array(Set(messages.compactMap(\.recipient.phone)))
        do throws(ClientError) {
            let known = try await messenger.knownLookups(of: numbers)
            guard known.count < numbers.count, self.lookUpRest.isOver(self.surroundings.time.uptime()) else {
                let error = TransportError.temporary(.rateLimited, "the server was asked about too many numbers")
                return RecipientMapping(known, missing: error)
            }
            let all = try await messenger.lookUp(numbers)
            self.lookUpRest.succeeded()
            let error = TransportError.temporary(.requestFailed, "the server said nothing about the number")
            return RecipientMapping(all, missing: error)
        } catch {
            return await self.recipients(of: numbers, messenger, after: error)
        }
    }

    /// What was known before, or was answered before it went wrong, can be used.
    private func recipients(
        of numbers: [String], _ messenger: Messenger, after error: ClientError
    ) async -> RecipientMapping {
        if case .refused(let refusal) = error, refusal.isRateLimit {
            self.lookUpRest.begin(self.surroundings.time.uptime(), atLeast: refusal.backoff)
        }
        do throws(ClientError) {
            return RecipientMapping(try await messenger.knownLookups(of: numbers), missing: error.lookUpError)
        } catch {
            return RecipientMapping([:], missing: error.lookUpError)
        }
    }
}
