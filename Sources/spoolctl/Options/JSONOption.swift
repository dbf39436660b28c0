import ArgumentParser

/// The form of what a reading command prints.
struct JSONOption: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print JSON: lists one object a line, anything else one object.")
    var isOn = false
}
