import Foundation
import HoneText

/// A file of Fixtures/make/tokenizer_bert.py or tokenizer_bpe.py.
struct TokenizerFixture: Sendable {
    struct Case: Sendable, Decodable {
        var text: String, pair: String?, addSpecialTokens: Bool
        var expected: Encoding
        var decoded: String, decodedWithSpecials: String

        init(from decoder: any Decoder) throws {
            var row = try decoder.unkeyedContainer()
            text = try row.decode(String.self)
            pair = try row.decodeNil() ? nil : row.decode(String.self)
            addSpecialTokens = try row.decode(Bool.self)
            let ids = try row.decode([Int32].self), types = try row.decode([Int32].self)
            let bounds = try row.decode([Int].self), special = try row.decode([Int].self)
            let offsets = stride(from: 0, to: bounds.count, by: 2).map { bounds[$0]..<bounds[$0 + 1] }
            expected = Encoding(ids: ids, typeIDs: types, offsets: offsets, isSpecial: special.map { $0 == 1 })
            decoded = try row.decode(String.self)
            decodedWithSpecials = try row.decode(String.self)
        }
    }

    static let names = [
        "uncased", "pairs", "bert-processing", "template", "no-processor", "cased", "accents-kept", "cased-accents-stripped",
        "not-cleaned", "chinese-kept", "sequence", "bare", "added",
    ]

    var name: String
    var json: Data
    var cases: [Case]

    /// The tokenizer and the cases are on lines of their own; no decoder with dictionaries may touch the vocabulary.
    init(_ name: String, kind: String = "bert") throws {
        try self.init(
            name, file: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(kind)-\(name).json"))
    }

    init(_ name: String, file: URL) throws {
        self.name = name
        let lines = try Data(contentsOf: file).split(separator: UInt8(ascii: "\n"))
        json = Data(lines[1].dropFirst("\"tokenizer\":".utf8.count).dropLast())
        cases = try lines[3...].dropLast().map { line in
            try JSONDecoder().decode(Case.self, from: line.last == UInt8(ascii: ",") ? line.dropLast() : line)
        }
    }

    func tokenizer() throws -> Tokenizer { try Tokenizer(json: json, file: name) }
}

/// A small tokenizer.json, whose parts a test can replace.
func tokenizerJSON(
    normalizer: String = "null", preTokenizer: String = #"{"type":"BertPreTokenizer"}"#, postProcessor: String = "null",
    decoder: String = "null", added: String = "[]", truncation: String = "null", padding: String = "null", model: String? = nil,
    vocab: String = ###"{"[UNK]":0,"a":1,"##b":2,"ab":3,"##c":4}"###
) -> Data {
    let model =
        model ?? """
            {"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":4,"vocab":\(vocab)}
            """
    return Data(
        """
        {"version":"1.0","truncation":\(truncation),"padding":\(padding),"added_tokens":\(added),
        "normalizer":\(normalizer),
        "pre_tokenizer":\(preTokenizer),
        "post_processor":\(postProcessor),
        "decoder":\(decoder),
        "model":\(model)}
        """.utf8)
}

func addedToken(
    _ id: Int, _ content: String, singleWord: Bool = false, left: Bool = false, right: Bool = false, normalized: Bool = false,
    special: Bool = false
) -> String {
    """
    {"id":\(id),"content":"\(content)","single_word":\(singleWord),"lstrip":\(left),"rstrip":\(right),"normalized":\(normalized),\
    "special":\(special)}
    """
}

/// A repeatable source of numbers.
struct TestRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Text of letters, spaces, marks, added tokens and any scalar at all.
    mutating func text(_ length: Int) -> String {
        var text = ""
        let pieces = [
            "the", "card", "pay", " ", " ", "\u{301}", "\u{323}", "É", "中", "[SEP]", "<left>", "word", "!", "\u{200D}", "\u{0}",
        ]
        for _ in 0..<length {
            if Int.random(in: 0..<4, using: &self) > 0 {
                text += pieces.randomElement(using: &self) ?? ""
            } else if let scalar = Unicode.Scalar(UInt32.random(in: 0..<0x110000, using: &self)) {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// Public files beside the checkout; tests that need one are skipped where it is absent.
enum SharedData {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/data")

    static func file(_ path: String) -> URL { folder.appending(path: path).standardizedFileURL }

    static func has(_ paths: String...) -> Bool { paths.allSatisfy { FileManager.default.fileExists(atPath: file($0).path) } }
}
