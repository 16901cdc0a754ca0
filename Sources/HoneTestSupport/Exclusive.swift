internal import HoneTensors

/// Runs `body` while no other test does: for whatever is one per process, such as libtorch's generator or its number of threads.
///
/// Tests run in parallel in one process. Every test that draws from libtorch's generator, or measures the process, stands in here.
public func exclusively<R>(_ body: () throws -> R) rethrows -> R { try Library.exclusively(body) }
