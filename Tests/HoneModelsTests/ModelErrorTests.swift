import Foundation
import Testing

@testable import HoneModels

@Suite("Model errors")
struct ModelErrorTests {
    @Test("long lists of keys are cut with their number, and every text reaches Foundation")
    func lists() {
        let error = ModelError.missingKeys((0..<8).map { "w\($0)" }, source: "m.safetensors")
        #expect(
            error.description
                == "m.safetensors lacks 8 weights that the model needs: “w0”, “w1”, “w2”, “w3”, “w4” and 3 more. Is it a checkpoint of this family?"
        )
        #expect(error.errorDescription == error.description && error.localizedDescription == error.description)
    }

    @Test("every case says what to look at")
    func texts() {
        #expect("\(ModelError.outsideModel(what: "Row 3", value: 600, limit: 512))" == "Row 3 is 600; the model takes at most 512.")
        #expect(
            "\(ModelError.twoSpellings(key: "a.weight", stored: ["a.gamma", "a.weight"], source: "m"))".contains("“a.gamma”, “a.weight”"))
        #expect("\(ModelError.unexpectedKeys(["x"], source: "m"))".hasSuffix("Does config.json belong to it?"))
    }
}
