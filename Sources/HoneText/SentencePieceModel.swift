// Tested by SentencePieceTests.swift

/// What a SentencePiece `.model` file says.
///
/// Source: `sentencepiece_model.proto` of that library; the fields that encoding and decoding depend on.
struct SentencePieceModel {
    enum Kind: UInt64 {
        case normal = 1
        case unknown, control, userDefined, unused, byte
    }

    struct Piece {
        var text: String
        var score: Float = 0
        var kind = Kind.normal
    }

    var pieces: [Piece] = []
    /// 1 is Unigram, 2 BPE.
    private var modelType: UInt64 = 1
    private var spaceIsSuffix = false
    private(set) var fallsBackToBytes = false
    private var unknownSurface = " \u{2047} "
    private var map: PrecompiledCharsMap?
    private var addsDummyPrefix = true
    private var removesExtraSpaces = true
    private var escapesSpaces = true
    private let file: String

    /// Reads the bytes of a file; `file` is what errors call it.
    init(_ bytes: [UInt8], file: String) throws(TokenizerError) {
        self.file = file
        var reader = ProtocolBuffer(bytes[...], file: file)
        while let (field, value) = try reader.next() {
            guard case .bytes(let content) = value else { continue }
            switch field {
            case 1: pieces.append(try piece(content))
            case 2: try readTrainer(content)
            case 3: try readNormalizer(content)
            case 5: try refuseDenormalizer(content)
            default: break
            }
        }
        guard !pieces.isEmpty else { throw broken("it has no pieces") }
        guard pieces.count(where: { $0.kind == .unknown }) == 1 else { throw broken("it has not exactly one unknown piece") }
        guard modelType == 1 || modelType == 2 else { throw broken("its model type is \(modelType), expected 1 (Unigram) or 2 (BPE)") }
        if let piece = pieces.first(where: { !$0.score.isFinite }) { throw broken("the score of “\(piece.text)” is \(piece.score)") }
        if fallsBackToBytes, pieces.count(where: { $0.kind == .byte }) != 256 { throw broken("it falls back to bytes and lacks some") }
    }

    private func broken(_ problem: String) -> TokenizerError {
        .unreadable(file: file, reason: "it is not a SentencePiece model that Hone can use: \(problem)")
    }

    private func text(_ bytes: ArraySlice<UInt8>) throws(TokenizerError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw broken("a text is not UTF-8") }
        return text
    }

    private func piece(_ bytes: ArraySlice<UInt8>) throws(TokenizerError) -> Piece {
        var piece = Piece(text: "")
        var reader = ProtocolBuffer(bytes, file: file)
        while let (field, value) = try reader.next() {
            switch (field, value) {
            case (1, .bytes(let bytes)): piece.text = try text(bytes)
            case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
            case (3, .integer(let number)):
                guard let kind = Kind(rawValue: number) else { throw broken("“\(piece.text)” is of the unknown kind \(number)") }
                piece.kind = kind
            default: break
            }
        }
        return piece
    }

    private mutating func readTrainer(_ bytes: ArraySlice<UInt8>) throws(TokenizerError) {
        var reader = ProtocolBuffer(bytes, file: file)
        while let (field, value) = try reader.next() {
            switch (field, value) {
            case (3, .integer(let number)): modelType = number
            case (24, .integer(let number)): spaceIsSuffix = number != 0
            case (35, .integer(let number)): fallsBackToBytes = number != 0
            case (44, .bytes(let bytes)): unknownSurface = try text(bytes)
            default: break
            }
        }
    }

    private mutating func readNormalizer(_ bytes: ArraySlice<UInt8>) throws(TokenizerError) {
        var reader = ProtocolBuffer(bytes, file: file)
        while let (field, value) = try reader.next() {
            switch (field, value) {
            case (2, .bytes(let bytes)):
                if bytes.isEmpty { continue }
                guard let found = PrecompiledCharsMap(Array(bytes)) else { throw broken("its character map cannot be read") }
                map = found
            case (3, .integer(let number)): addsDummyPrefix = number != 0
            case (4, .integer(let number)): removesExtraSpaces = number != 0
            case (5, .integer(let number)): escapesSpaces = number != 0
            default: break
            }
        }
    }

    private func refuseDenormalizer(_ bytes: ArraySlice<UInt8>) throws(TokenizerError) {
        var reader = ProtocolBuffer(bytes, file: file)
        while let (field, value) = try reader.next() {
            if field == 2, case .bytes(let map) = value, !map.isEmpty {
                throw broken("it has rules for denormalising, which Hone does not apply")
            }
        }
    }

    private func ids(_ kind: Kind) -> [Int32] { pieces.indices.filter { pieces[$0].kind == kind }.map(Int32.init) }

    var unknownID: Int32 { ids(.unknown).first ?? 0 }

    var normalizer: SentencePieceNormalizer {
        SentencePieceNormalizer(
            map: map, userDefined: ids(.userDefined).map { Array(pieces[Int($0)].text.utf8) }, addsDummyPrefix: addsDummyPrefix,
            removesExtraSpaces: removesExtraSpaces, escapesSpaces: escapesSpaces, spaceIsSuffix: spaceIsSuffix)
    }

    var decoder: TokenDecoder {
        let unknown = pieces[Int(unknownID)].text
        return TokenDecoder(stages: [
            .sentencePiece(
                SentencePieceDecoding(
                    dropsFirstSpace: addsDummyPrefix, dropsLeadingSpaces: removesExtraSpaces, unknown: Array(unknown.utf8),
                    unknownText: Array(unknownSurface.utf8), control: Set(ids(.control).map { Array(pieces[Int($0)].text.utf8) }),
                    hasBytes: !ids(.byte).isEmpty))
        ])
    }

    /// The model that cuts normalised text.
    var model: TokenModel {
        var byteIDs: [Int32] = []
        if fallsBackToBytes {
            let found = Dictionary(ids(.byte).map { (pieces[Int($0)].text, $0) }, uniquingKeysWith: { first, _ in first })
            byteIDs = (UInt8.min...UInt8.max).map { found[ByteToken.spelling($0)] ?? unknownID }
        }
        let scores = pieces.lazy.filter { $0.kind == .normal }.map(\.score)
        let user = Set(ids(.userDefined))
        if modelType == 2 {
            let list = ids(.normal) + ids(.userDefined) + ids(.unused)
            return .sentencePieceBPE(
                SentencePieceBPE(
                    pieces: list.map { (Array(pieces[Int($0)].text.utf8), $0, pieces[Int($0)].score) }, userDefined: user,
                    unused: Set(ids(.unused)), unknown: unknownID, byteIDs: byteIDs))
        }
        let list = ids(.normal) + ids(.userDefined)
        return .unigram(
            Unigram(
                pieces: list.map { (Array(pieces[Int($0)].text.utf8), $0, Double(pieces[Int($0)].score)) }, unknown: unknownID,
                lowest: Double(scores.min() ?? 0), byteIDs: byteIDs,
                flavor: .sentencePiece(userDefined: user)))
    }
}
