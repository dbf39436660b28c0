import ArgumentParser

/// What `cancel` is told to cancel.
enum CancelTarget: ExpressibleByArgument, Equatable {
    case message(Int64)
    case all

    init?(argument: String) {
        if argument == "ALL" {
            self = .all
        } else if let id = PositiveNumber(argument: argument) {
            self = .message(id.value)
        } else {
            return nil
        }
    }
}
