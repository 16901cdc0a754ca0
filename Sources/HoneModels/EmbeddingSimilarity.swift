// Tested by EmbedderTests.swift.

extension EmbeddingSettings {
    /// How alike two vectors are, more being more alike: `similarity_fn_name` of sentence-transformers, whose names are the raw values.
    public enum Similarity: String, Sendable, Codable, CaseIterable {
        /// The cosine of the angle between them, `-1 ... 1`.
        case cosine
        /// The sum of the products of their numbers.
        case dot
        /// Their distance, as a negative number.
        case euclidean
        /// The sum of the distances of their numbers, as a negative number.
        case manhattan

        /// Compares two vectors of one length; sums are in float64.
        ///
        /// The cosine with a vector of zeros is 0, as there.
        public func callAsFunction(_ a: [Float], _ b: [Float]) -> Double {
            switch self {
            case .cosine:
                let lengths = (Self.product(a, a) * Self.product(b, b)).squareRoot()
                return lengths == 0 ? 0 : Self.product(a, b) / lengths
            case .dot: return Self.product(a, b)
            case .euclidean: return -zip(a, b).reduce(0) { $0 + Self.difference($1) * Self.difference($1) }.squareRoot()
            case .manhattan: return -zip(a, b).reduce(0) { $0 + abs(Self.difference($1)) }
            }
        }

        private static func product(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
        private static func difference(_ pair: (Float, Float)) -> Double { Double(pair.0) - Double(pair.1) }
    }
}
