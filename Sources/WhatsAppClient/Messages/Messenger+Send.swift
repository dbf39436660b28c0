import CryptoPrimitives
import Foundation
import Logging
import WhatsAppBinary

extension Messenger {
    /// Sends one message; see `send(_:)` for many.
    public func send(_ message: OutgoingText) async -> SendOutcome {
        await self.send([message])[0]
    }

    /// Encrypts messages for all devices of their recipients and our own others, makes the ratchets durable in one commit,
    /// and only then sends the stanzas. One call works at a time; another waits for it.
    ///
    /// Messages of the same chat go out one after the other in their order, those of different chats at the same time. A
    /// message that the server refuses with 400 is sent once more, under the same id, to the recipient's other name;
    /// apart from that nothing is sent again. When an acknowledgement is missing, what follows it in its chat is not
    /// sent: each would wait for its own in turn. To be called when the backlog has drained, and with a recipient that
    /// `lookUp` gave.
    /// - Returns: one outcome for each, in their order.
    public func send(_ messages: [OutgoingText]) async -> [SendOutcome] {
        await self.takeTurn()
        defer { self.endTurn() }
        guard !messages.isEmpty, !Task.isCancelled else { return messages.map { _ in .sessionLost } }
        let drafts: [Draft]
        do throws(ClientError) {
            drafts = try self.drafts(of: messages)
        } catch {
            return messages.map { _ in SendOutcome(preparing: error) }
        }
        let preferred = self.addressing
        var results = await self.attempt(drafts, preferred)
        let refused = results.indices.filter { results[$0].canTryOtherName }
        if !refused.isEmpty { await self.sendAgain(refused, of: drafts, preferred.other, &results) }
        self.enqueueTokens(for: results)
        return results.map(\.outcome)
    }

    private func drafts(of messages: [OutgoingText]) throws(ClientError) -> [Draft] {
        var drafts: [Draft] = []
        var generator = self.generator
        for message in messages { drafts.append(try Draft(message, secret: generator.bytes(count: 32))) }
        return drafts
    }

    /// Some accounts take messages by one of the names only. Which one worked is remembered for this connection.
    private func sendAgain(
        _ indices: [Int], of drafts: [Draft], _ addressing: Addressing, _ results: inout [Attempt]
    ) async {
        let again = await self.attempt(indices.map { drafts[$0] }, addressing)
        for (index, attempt) in zip(indices, again) {
            // Also when it could not be made: then the other name is still to be tried, so the refusal is not the end.
            results[index] = attempt
            if case .sent = attempt.outcome, attempt.plan?.addressing == addressing { self.addressing = addressing }
        }
    }

    /// A draft that is encrypted, or why it is not.
    struct Shipment: Sendable {
        var to: JID?
        var node: Node?
        var way: Way?
        var failure: SendOutcome?
    }

    /// How a draft went out.
    enum Way: Sendable {
        case person(SendPlan)
        case group(GroupDelivery)
    }

    /// What came of a draft by one name.
    struct Attempt: Sendable {
        var way: Way?
        var outcome: SendOutcome
        var ack: Node?

        /// Of a message to a person.
        var plan: SendPlan? {
            if case .person(let plan) = self.way { plan } else { nil }
        }

        /// A structure the server does not like may be an address it does not like.
        var canTryOtherName: Bool {
            guard case .permanent(code: 400) = self.outcome, let plan else { return false }
            switch plan.addressing {
            case .lid: return plan.recipient.pn != nil
            case .pn: return plan.recipient.lid != nil && plan.account.lid != nil
            }
        }
    }

    /// People and every group apart: what takes its time, or fails, for one of them concerns no other.
    private func attempt(_ drafts: [Draft], _ addressing: Addressing) async -> [Attempt] {
        let chats = Dictionary(grouping: drafts.indices) { drafts[$0].group }
        return await withTaskGroup(of: [(Int, Attempt)].self) { tasks in
            for (group, indices) in chats {
                let some = indices.map { drafts[$0] }
                tasks.addTask {
                    let attempts =
                        if let group {
                            await self.attempt(some, in: group)
                        } else {
                            await self.attemptPeople(some, addressing)
                        }
                    return Array(zip(indices, attempts))
                }
            }
            var attempts = drafts.map { _ in Attempt(outcome: .sessionLost) }
            for await some in tasks {
                for (index, attempt) in some { attempts[index] = attempt }
            }
            return attempts
        }
    }

    private func attemptPeople(_ drafts: [Draft], _ addressing: Addressing) async -> [Attempt] {
        do throws(ClientError) {
            let prepared = try await self.prepare(drafts, addressing)
            return await self.transmit(
                prepared.map { item in
                    Shipment(
                        to: item.plan?.to, node: item.stanza, way: item.plan.map { .person($0) }, failure: item.failure)
                })
        } catch {
            return drafts.map { _ in Attempt(outcome: SendOutcome(preparing: error)) }
        }
    }

    /// Sends what could be prepared.
    func transmit(_ shipments: [Shipment]) async -> [Attempt] {
        var attempts = shipments.map { Attempt(way: $0.way, outcome: $0.failure ?? .unknown) }
        var chats: [JID: [(index: Int, node: Node)]] = [:]
        for (index, shipment) in shipments.enumerated() {
            guard let to = shipment.to, let node = shipment.node else { continue }
            chats[to, default: []].append((index, node))
        }
        guard let channel = try? self.channel else {
            return attempts.map { Attempt(way: $0.way, outcome: .sessionLost) }
        }
        let now = self.time.now.date
        let answers = await withTaskGroup(of: [(Int, Result<Node, ClientError>)].self) { group in
            for items in chats.values {
                group.addTask {
                    var answers: [(Int, Result<Node, ClientError>)] = []
                    for item in items {
                        let isSilent = answers.last?.1.isSilence ?? false
                        let answer = isSilent ? .failure(.notConnected) : await channel.acknowledgement(of: item.node)
                        answers.append((item.index, answer))
                    }
                    return answers
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        for (index, answer) in answers {
            switch answer {
            case .success(let ack):
                attempts[index].outcome = SendOutcome(acknowledgement: ack, now: now)
                attempts[index].ack = ack
                switch attempts[index].way {
                case .person(let plan): await self.learn(ack, of: plan, attempts[index].outcome)
                case .group(let delivery): await self.learn(ack, of: delivery, attempts[index].outcome)
                case nil: break
                }
            case .failure(let error): attempts[index].outcome = SendOutcome(sending: error)
            }
        }
        return attempts
    }

    /// What an acknowledgement says about our idea of the recipient's devices and names.
    private func learn(_ ack: Node, of plan: SendPlan, _ outcome: SendOutcome) async {
        let isWrong = outcome == .refused(.staleDevices) || outcome == .permanent(code: 400)
        if ack.string("refresh_lid") == "true", let pn = plan.recipient.pn { self.withoutLID[pn] = nil }
        guard isWrong || plan.isStale(ack) else { return }
        do throws(ClientError) {
            try await self.forgetDeviceLists(of: plan.accounts)
        } catch {
            self.logger.error("a device list could not be forgotten", metadata: ["error": "\(error)"])
        }
    }

    /// Who was sent something is to know that we know them; so is who could not be written to for the lack of a token.
    private func enqueueTokens(for attempts: [Attempt]) {
        var accounts: Set<JID> = []
        for attempt in attempts {
            guard let plan = attempt.plan, PrivacyTokens.apply(to: plan.to), !plan.account.isOwn(plan.to) else {
                continue
            }
            switch attempt.outcome {
            case .sent, .refused(.reachOutTimeLock): accounts.insert(plan.to)
            case .temporary, .permanent, .refused, .sessionLost, .unknown: break
            }
        }
        let unissued = accounts.filter { self.tokensChecked[$0].map { self.uptime - $0 > 3600 } ?? true }
        guard !unissued.isEmpty else { return }
        for account in unissued { self.tokensChecked[account] = self.uptime }
        self.enqueue(.issueTokens(unissued.sorted { $0.user < $1.user }))
    }
}

extension StanzaChannel {
    fileprivate func acknowledgement(of message: Node) async -> Result<Node, ClientError> {
        do throws(ClientError) {
            return .success(try await self.sendMessage(message, id: message.string("id") ?? ""))
        } catch {
            return .failure(error)
        }
    }
}

extension Result<Node, ClientError> {
    /// Whether the server has not said what it thinks of a message.
    fileprivate var isSilence: Bool {
        switch self {
        case .failure(.timedOut), .failure(.connectionLost), .failure(.cancelled), .failure(.notConnected): true
        case .success, .failure: false
        }
    }
}
