/// Unigram: the way to cut a text into pieces whose scores have the highest sum (Viterbi); a character that no piece has counts as unknown.
///
/// Source: `tokenizers` models::Unigram, which sums in double precision; and `unigram_model.cc` of SentencePiece 0.2.3 for the models of that
/// library, which sums and compares in single precision and always takes the pieces of the user. Departures: none.
struct Unigram: Sendable {
    /// What sums and choices follow.
    enum Flavor: Sendable {
        case tokenizers
        /// - Parameter userDefined: ids of the pieces of the user.
        case sentencePiece(userDefined: Set<Int32>)
    }

    private let trie: PieceTrie
    /// For each id its score.
    private let scores: [Double]
    private let unknown: Int32
    private let unknownScore: Double
    /// The ids of the tokens for the 256 bytes, or empty where the model falls back to unknown.
    private let byteIDs: [Int32]
    private let isSingle: Bool

    /// How much less than the lowest score an unknown character has.
    private static let unknownPenalty = 10.0

    /// Beyond this a sum in single precision is counted from 0 again, so that long texts keep their digits.
    private static let resetThreshold = 100_000.0

    /// Makes a model.
    ///
    /// - Parameters:
    ///   - pieces: what text is cut into, with ids and scores; of two with the same text the last counts.
    ///   - lowest: the lowest score, which an unknown character's is set below.
    ///   - byteIDs: 256 ids, or none.
    init(
        pieces: [(bytes: [UInt8], id: Int32, score: Double)], unknown: Int32, lowest: Double, byteIDs: [Int32],
        flavor: Flavor = .tokenizers
    ) {
        var scores = [Double](repeating: 0, count: Int(pieces.map(\.id).max() ?? 0) + 1)
        for piece in pieces {
            scores[Int(piece.id)] = piece.score
            if case .sentencePiece(let user) = flavor {
                scores[Int(piece.id)] = Double(Float(piece.score))
                if user.contains(piece.id) { scores[Int(piece.id)] = Double(Float(0.1 * Double(piece.bytes.count - 1))) }
            }
        }
        switch flavor {
        case .tokenizers: (isSingle, unknownScore) = (false, lowest - Self.unknownPenalty)
        case .sentencePiece: (isSingle, unknownScore) = (true, Double(Float(lowest) - Float(Self.unknownPenalty)))
        }
        trie = PieceTrie(pieces.map { ($0.bytes, $0.id) })
        (self.scores, self.unknown, self.byteIDs) = (scores, unknown, byteIDs)
    }

    /// The best way found to a place in the text.
    private struct Node {
        var score: Double
        /// Where its last piece starts; -1 where none ends here.
        var start: Int32
        var id: Int32
    }

    /// Appends the ids of one word; and, where `ends` is not nil, the byte at which each token ends:
    /// its complement for a token that stands for the same text as the one before.
    func encode(_ bytes: [UInt8], _ word: Range<Int>, into ids: inout [Int32], ends: inout [Int]?) {
        let count = word.count
        guard count > 0 else { return }
        withUnsafeTemporaryAllocation(of: Node.self, capacity: count + 1) { nodes in
            nodes.initialize(repeating: Node(score: 0, start: -1, id: unknown))
            defer { nodes.deinitialize() }
            bytes.withUnsafeBufferPointer { text in search(UnsafeBufferPointer(rebasing: text[word]), nodes) }
            collect(bytes, word, nodes, &ids, &ends)
        }
    }

    private func search(_ text: UnsafeBufferPointer<UInt8>, _ nodes: UnsafeMutableBufferPointer<Node>) {
        scores.withUnsafeBufferPointer { scores in
            var start = 0, frontier = 0
            while start < text.count {
                if isSingle, abs(nodes[start].score) > Self.resetThreshold { Self.reset(nodes, start, frontier) }
                let score = nodes[start].score
                let length = min(UTF8Text.leadLength(text[start]), text.count - start)
                var hasSingle = false
                trie.prefixes(text, start) { end, id in
                    let exact = scores[Int(id)] + score
                    let sum = isSingle ? Double(Float(exact)) : exact
                    if nodes[end].start < 0 || sum > nodes[end].score { nodes[end] = Node(score: sum, start: Int32(start), id: id) }
                    if end - start == length { hasSingle = true }
                    frontier = max(frontier, end)
                }
                let end = start + length
                if !hasSingle {
                    let sum = isSingle ? Double(Float(unknownScore) + Float(score)) : unknownScore + score
                    if nodes[end].start < 0 || sum > nodes[end].score { nodes[end] = Node(score: sum, start: Int32(start), id: unknown) }
                    frontier = max(frontier, end)
                }
                start = end
            }
        }
    }

    /// Takes the sum at `start` from every sum up to `frontier`.
    private static func reset(_ nodes: UnsafeMutableBufferPointer<Node>, _ start: Int, _ frontier: Int) {
        let offset = Float(nodes[start].score)
        for index in start...max(start, frontier) where index == start || nodes[index].start >= 0 {
            nodes[index].score = Double(Float(nodes[index].score) - offset)
        }
    }

    /// Walks back from the end, and joins neighbouring unknown pieces to one.
    private func collect(
        _ bytes: [UInt8], _ word: Range<Int>, _ nodes: UnsafeMutableBufferPointer<Node>, _ ids: inout [Int32], _ ends: inout [Int]?
    ) {
        // Turns the links around, so that the pieces can be read from the start.
        var end = word.count, next = Int32(word.count)
        while end > 0 {
            let start = Int(nodes[end].start)
            nodes[end].start = next
            next = Int32(end)
            end = start
        }
        var place = 0
        end = Int(next)
        while true {
            var last = end
            if nodes[end].id == unknown {
                while Int(nodes[last].start) != last, nodes[Int(nodes[last].start)].id == unknown { last = Int(nodes[last].start) }
                appendUnknown(bytes, word.lowerBound + place..<word.lowerBound + last, &ids, &ends)
            } else {
                ids.append(nodes[end].id)
                ends?.append(word.lowerBound + last)
            }
            guard last < word.count else { return }
            (place, end) = (last, Int(nodes[last].start))
        }
    }

    private func appendUnknown(_ bytes: [UInt8], _ range: Range<Int>, _ ids: inout [Int32], _ ends: inout [Int]?) {
        if !isSingle, let id = trie.id(of: bytes[range]) {
            ids.append(id)
        } else if byteIDs.isEmpty || range.contains(where: { byteIDs[Int(bytes[$0])] < 0 }) {
            ids.append(unknown)
        } else {
            for index in range {
                ids.append(byteIDs[Int(bytes[index])])
                ends?.append(index == range.lowerBound ? range.upperBound : ~range.upperBound)
            }
            return
        }
        ends?.append(range.upperBound)
    }
}

extension Unigram {
    /// Reads the settings of the model beside its vocabulary.
    init(_ field: JSONField, vocabulary: Vocabulary) throws(TokenizerError) {
        try field.allowOnly(["type", "unk_id", "vocab", "byte_fallback"])
        let vocab = try field.required("vocab")
        var pieces: [(bytes: [UInt8], id: Int32, score: Double)] = []
        var lowest = Double.infinity
        for (index, item) in try vocab.items().enumerated() {
            let pair = try item.items()
            guard pair.count == 2 else { throw item.invalid(expected: "a token and its score") }
            let score = try pair[1].double()
            lowest = min(lowest, score)
            pieces.append((Array(try pair[0].string().utf8), Int32(index), score))
        }
        // A text without an unknown token needs none; the library fails where one is needed and none is there.
        let unknown = try field.required("unk_id")
        let id = try unknown.tokenID()
        guard Int(id) < pieces.count else { throw unknown.invalid(expected: "an id of the vocabulary, less than \(pieces.count)") }
        var bytes: [Int32] = []
        if let setting = try field.optional("byte_fallback"), try setting.bool() {
            bytes = (0..<256).map { vocabulary.id(of: ByteToken.spelling(UInt8($0))) ?? -1 }
        }
        self.init(pieces: pieces, unknown: id, lowest: lowest, byteIDs: bytes)
    }
}
