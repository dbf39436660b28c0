public import ArgumentParser
public import SpoolCore

extension UserName: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(rawValue: argument)
    }
}
