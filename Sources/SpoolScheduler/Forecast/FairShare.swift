import SpoolCore

/// How a device's pace is divided in the long run: by the weights of priorities; within one, users and their lines take
/// turns, so that those have equal parts whose turn is counted alike.
struct FairShare {
    private let priorities: [Int]
    /// By line: its user within its priority.
    private let users: [Int]
    private let isShared: [Bool]

    init(_ lines: [QueueLine], _ owners: [ForecastWalk.Owner]) {
        var known: [Key: Int] = [:]
        self.users = lines.map { line in
            let key = Key(user: line.user, priority: line.priority)
            let index = known[key] ?? known.count
            known[key] = index
            return index
        }
        self.priorities = lines.map(\.priority.rawValue)
        self.isShared = owners.map { $0 == .anyone }
    }

    private struct Key: Hashable {
        var user: Int64
        var priority: Priority
    }

    fileprivate struct User {
        var lines: [Int] = []
        /// What its lines get from other devices; nothing as soon as one of them is the device's own, because then its
        /// turn is counted there.
        var besides = 0.0
        var hasOwn = false
    }

    /// - Parameter besides: What every line gets from other devices.
    /// - Returns: What each of `lines` gets.
    func divide(_ rate: Double, among lines: [Int], besides: [Double]) -> [Double] {
        var byPriority: [[Int: User]] = [[:], [:], [:]]
        for (position, line) in lines.enumerated() {
            byPriority[self.priorities[line]][self.users[line], default: User()].add(
                position, besides: besides[line], isShared: self.isShared[line])
        }
        let whole = Priority.allCases.reduce(0.0) {
            $0 + (byPriority[$1.rawValue].isEmpty ? 0 : PriorityWheel.weight(of: $1))
        }
        var given = Array(repeating: 0.0, count: lines.count)
        for priority in Priority.allCases where !byPriority[priority.rawValue].isEmpty {
            let users = byPriority[priority.rawValue].sorted { $0.key < $1.key }.map(\.value)
            let part = max(0, rate) * PriorityWheel.weight(of: priority) / whole
            for (user, part) in zip(users, Self.level(part, over: users.map { $0.hasOwn ? 0 : $0.besides })) {
                let waters = user.lines.map { self.isShared[lines[$0]] ? besides[lines[$0]] : 0 }
                for (position, part) in zip(user.lines, Self.level(part, over: waters)) { given[position] = part }
            }
        }
        return given
    }

    /// Pours an amount over what is there already, so that the lowest come level first.
    static func level(_ amount: Double, over waters: [Double]) -> [Double] {
        guard waters.count > 1 else { return waters.map { _ in amount } }
        let sorted = waters.sorted()
        var level = 0.0
        var sum = 0.0
        for (index, water) in sorted.enumerated() {
            sum += water
            level = (amount + sum) / Double(index + 1)
            if index + 1 == sorted.count || level <= sorted[index + 1] { break }
        }
        return waters.map { max(0, level - $0) }
    }
}

extension FairShare.User {
    fileprivate mutating func add(_ position: Int, besides: Double, isShared: Bool) {
        self.lines.append(position)
        self.besides += isShared ? besides : 0
        if !isShared { self.hasOwn = true }
    }
}
