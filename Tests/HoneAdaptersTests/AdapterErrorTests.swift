import Foundation
import Testing

@testable import HoneAdapters

@Suite("Adapter errors")
struct AdapterErrorTests {
    @Test("say what was found and what to do, and reach Foundation")
    func texts() {
        let mismatch = AdapterError.keyMismatch(missing: ["a"], unexpected: [], file: "f")
        #expect(mismatch.description == "f does not fit this model: it lacks “a”; was it made for another base model?")
        #expect(mismatch.localizedDescription == mismatch.description)
        let many = AdapterError.nothingMatched(method: "lora", patterns: ["x"], candidates: (0..<20).map { "l\($0)" })
        #expect(many.description.hasSuffix("“l11” and 8 more."))
        #expect("\(AdapterError.tooManyLayers(asked: 9, model: 6))".contains("tuning.lastLayers is 9; the model has 6 layers"))
        #expect("\(AdapterError.ambiguous(key: "k", path: "p", patterns: ["a", "b"]))".contains("“a”, “b” all match “p”"))
    }
}
