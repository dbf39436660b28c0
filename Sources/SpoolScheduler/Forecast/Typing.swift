import SpoolCore

/// What showing itself typing adds to the pauses of a device, on average.
struct Typing: Equatable {
    /// Seconds of a message.
    let length: Double
    /// Seconds by which the mean gap grows, because some gaps are too short to hold the typing.
    let extra: Double

    static let none = Typing(length: 0, extra: 0)

    private init(length: Double, extra: Double) {
        self.length = length
        self.extra = extra
    }

    init(_ characters: Int, _ policy: SchedulerPolicy) {
        guard policy.humanSimulation else {
            self = .none
            return
        }
        let typed = Double(max(0, characters)) / HumanPlan.speed
        self.length = min(max(typed, HumanPlan.length.lowerBound), HumanPlan.length.upperBound)
        let gap = policy.pacing.gap
        let mean = (gap.lowerBound + gap.upperBound) / 2
        guard gap.contains(self.length), gap.lowerBound < gap.upperBound else {
            self.extra = 0
            return
        }
        let above = (gap.upperBound * gap.upperBound - self.length * self.length) / 2
        let longer = (self.length * (self.length - gap.lowerBound) + above) / (gap.upperBound - gap.lowerBound)
        self.extra = longer - max(mean, self.length)
    }
}
