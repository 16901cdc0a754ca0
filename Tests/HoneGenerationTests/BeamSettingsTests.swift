import Testing

@testable import HoneGeneration

@Suite("Beam settings")
struct BeamSettingsTests {
    @Test("values out of range are refused with their key")
    func refused() {
        func key(_ change: (inout BeamSettings) -> Void) -> String? {
            var settings = BeamSettings()
            change(&settings)
            do {
                try settings.validate()
                return nil
            } catch .setting(let key, _, _) {
                return key
            } catch {
                return "another error"
            }
        }
        #expect(key { _ in } == nil)
        #expect(key { $0.beams = 0 } == "beams")
        #expect(key { $0.sequences = 5 } == "sequences")
        #expect(key { $0.lengthPenalty = .nan } == "lengthPenalty")
        #expect(key { $0.repetitionPenalty = 0 } == "repetitionPenalty")
        #expect(key { $0.noRepeatNGramSize = -1 } == "noRepeatNGramSize")
        #expect(key { $0.maximumTokens = 0 } == "maximumTokens")
        #expect(key { $0.minimumTokens = 999 } == "minimumTokens")
        #expect(key { $0.stopIDs = [-3] } == "stopIDs")
    }
}
