import SpoolCore

/// Whose turn it is, as the queue counts it: users, and each user's batches, by how long ago they were served.
///
/// What any device may send has one turn for all devices; what a device owns has a turn there.
struct Turns {
    /// By line: the place of its user's and its batch's turn.
    private let users: [Int]
    private let batches: [Int]
    private var turns: [Int]
    private var places: [Key: Int] = [:]
    private var last = 0

    private struct Key: Hashable {
        var isUser: Bool
        var id: Int64
        var priority: Priority
        var owner: ForecastWalk.Owner
    }

    init(_ lines: [QueueLine], _ owners: [ForecastWalk.Owner]) {
        var places: [Key: Int] = [:]
        func place(_ key: Key) -> Int {
            let place = places[key] ?? places.count
            places[key] = place
            return place
        }
        var users: [Int] = []
        var batches: [Int] = []
        for (line, owner) in zip(lines, owners) {
            users.append(place(Key(isUser: true, id: line.user, priority: line.priority, owner: owner)))
            batches.append(place(Key(isUser: false, id: line.batch.rawValue, priority: line.priority, owner: owner)))
        }
        self.users = users
        self.batches = batches
        self.places = places
        self.turns = Array(repeating: 0, count: places.count)
    }

    func user(of line: Int) -> Int { self.turns[self.users[line]] }

    func batch(of line: Int) -> Int { self.turns[self.batches[line]] }

    /// A device has sent a message of the line.
    mutating func end(_ line: QueueLine, by device: Int) {
        self.last += 1
        for owner in [ForecastWalk.Owner.anyone, .device(device)] {
            for (isUser, id) in [(true, line.user), (false, line.batch.rawValue)] {
                let key = Key(isUser: isUser, id: id, priority: line.priority, owner: owner)
                if let place = self.places[key] { self.turns[place] = self.last }
            }
        }
    }
}
