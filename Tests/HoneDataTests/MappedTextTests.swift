import Foundation
import Testing

@testable import HoneData

@Suite("MappedText")
struct MappedTextTests {
    @Test("names what is wrong with a path")
    func paths() throws {
        let files = try TemporaryFiles()
        _ = try files.write("text,label\n", "train.csv")
        let missing = files.folder.appending(path: "trian.csv")
        #expect(dataError { try MappedText(missing, file: "trian.csv") } == .missingFile(file: "trian.csv", suggestion: "train.csv"))
        #expect(dataError { try MappedText(files.folder, file: "data") } == .folder(file: "data"))
        let empty = try files.write("", "empty.csv")
        #expect(dataError { try MappedText(empty.url, file: "empty.csv") } == .emptyFile(file: "empty.csv"))
    }

    @Test("skips a byte order mark and nothing else")
    func byteOrderMark() throws {
        let text = try MappedText(Data([0xEF, 0xBB, 0xBF, 0x61, 0xEF, 0xBB, 0xBF]), file: "f")
        #expect(text.withBytes { Array($0) } == [0x61, 0xEF, 0xBB, 0xBF])
    }

    @Test(
        "names the line and the byte of a text that is not UTF-8",
        arguments: [
            ([0x61, 0x0A, 0x62, 0x0A, 0xE9], 3, 0xE9, nil), ([0xFF, 0xFE, 0x61, 0x00], 1, 0xFF, "UTF-16"),
            ([0x1F, 0x8B, 0x08], 1, 0x8B, "a gzip archive"), ([0xEF, 0xBB, 0xBF, 0x0A, 0xC0, 0x80], 2, 0xC0, nil),
            ([0xED, 0xA0, 0x80], 1, 0xED, nil), ([0xF4, 0x90, 0x80, 0x80], 1, 0xF4, nil), ([0xE2, 0x82], 1, 0xE2, nil),
        ] as [([UInt8], Int, UInt8, String?)])
    func notUTF8(bytes: [UInt8], line: Int, byte: UInt8, looksLike: String?) {
        let error = dataError { try MappedText(Data(bytes), file: "f") }
        #expect(error == .notUTF8(file: "f", line: line, byte: byte, looksLike: looksLike))
    }

    @Test("agrees with the standard library on random bytes")
    func agrees() {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let leads: [UInt8] = [0x41, 0x80, 0xBF, 0xC1, 0xC2, 0xE0, 0xA0, 0xED, 0x9F, 0xF0, 0x90, 0xF4, 0x8F, 0xF5, 0xEF, 0xFF]
            for _ in 0..<50 {
                let bytes = (0..<1 + generator.index(below: 6)).map { _ in leads[generator.index(below: leads.count)] }
                let isValid = bytes.withUnsafeBufferPointer(UTF8Check.firstFault) == nil
                #expect(isValid == (String(validating: bytes, as: UTF8.self) != nil), "seed \(seed): \(bytes)")
            }
        }
    }
}
