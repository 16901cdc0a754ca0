// Tested by TensorComparisonTests.swift.

/// Says which check failed, on what, and by how much.
public struct CheckFailure: Error, CustomStringConvertible {
    /// The whole report, for people.
    public let description: String

    /// Makes a failure with its report.
    public init(_ description: String) { self.description = description }
}

/// Throws a failure where a condition does not hold.
public func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    if !condition { throw CheckFailure(message()) }
}
