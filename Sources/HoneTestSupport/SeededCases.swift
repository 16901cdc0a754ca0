/// Runs a property on seeded cases; a failure says the seed and the case that bring it back.
///
/// - Parameter body: throws where the property does not hold; gets a generator of its own for each case.
public func checkCases(_ count: Int, seed: UInt64, _ body: (inout SeededGenerator) throws -> Void) throws {
    for index in 0..<count {
        let caseSeed = seed &+ UInt64(index) &* 0xD134_2543_DE82_EF95
        var generator = SeededGenerator(seed: caseSeed)
        do { try body(&generator) } catch { throw CheckFailure("case \(index) of \(count), seed \(caseSeed): \(error)") }
    }
}
