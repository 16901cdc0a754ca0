import Foundation
import HoneTensors
import HoneTestSupport
import Testing

@Suite("Fixtures and temporary folders")
struct FixtureFolderTests {
    @Test("reads tensors of another module's fixtures by name")
    func tensors() throws {
        let fixture = try FixtureFolder("HoneModels").tensors("tiny-bert/expected.safetensors")
        #expect(try fixture("logits").shape == [3, 7])
        #expect(try fixture.all("hidden.").keys.sorted() == ["embeddings", "layer.0", "layer.1", "layer.2"])
    }

    @Test("a temporary folder goes with its owner")
    func temporary() throws {
        var folder: TemporaryFolder? = try TemporaryFolder()
        let url = try #require(folder?.url)
        try Data("x".utf8).write(to: url.appending(path: "a.txt"))
        #expect(FileManager.default.fileExists(atPath: url.path))
        folder = nil
        #expect(!FileManager.default.fileExists(atPath: url.path))
    }
}
