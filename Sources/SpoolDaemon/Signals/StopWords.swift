import SpoolScheduler

/// The words; `SpoolQueue.OptOut` is what came of one.
typealias StopWords = SpoolScheduler.OptOut
