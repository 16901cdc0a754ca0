/// Text after normalisation: UTF-8, and for each byte the range it came from where that was asked for.
struct NormalizedText {
    var bytes: [UInt8] = []
    var starts: [Int32] = []
    var ends: [Int32] = []

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    /// The range of the original text, in scalars, that the bytes in `range` came from.
    func origin(_ range: Range<Int>) -> Range<Int> {
        guard let last = range.last else { return 0..<0 }
        return Int(starts[range.lowerBound])..<max(Int(starts[range.lowerBound]), Int(ends[last]))
    }
}

/// Runs the stages, with a table for the ASCII characters that become one ASCII character.
///
/// Stages that look at no more than neighbours run together over short stretches of text; the others each see the text as a whole. With
/// offsets, where any stage looks further than a character, every stage sees the text as a whole: the library's alignments ask for it.
struct Normalizer: Sendable {
    private enum Pass: Sendable {
        case scan(Scan)
        case whole(NormalizerStage)
    }

    /// Stages that run over short stretches.
    private struct Scan: Sendable {
        var stages: [NormalizerStage]
        /// For each byte the byte it becomes, or `slow` where the stages must decide.
        ///
        /// Derived from the stages.
        var ascii: [UInt8]
        /// True where ASCII characters beside a stretch belong to it.
        var joins: Bool
        /// True where no ASCII byte changes.
        var keepsASCII: Bool

        init(_ stages: [NormalizerStage], _ properties: UnicodeProperties) {
            self.stages = stages
            let joins = stages.contains { $0.reach == .neighbours }
            self.joins = joins
            let ascii = (0..<256).map { (byte: Int) -> UInt8 in
                // A carriage return forms one cluster with a line feed.
                guard byte < 0x80, !(joins && byte == 0x0D) else { return Normalizer.slow }
                var text = [AlignedScalar(scalar: UInt32(byte), start: 0, end: 1)]
                for stage in stages { stage.apply(&text, properties) }
                guard text.count == 1, text[0].scalar < 0x80 else { return Normalizer.slow }
                return UInt8(text[0].scalar)
            }
            self.ascii = ascii
            keepsASCII = ascii.indices.allSatisfy { ascii[$0] == Normalizer.slow || Int(ascii[$0]) == $0 }
        }
    }

    private let stages: [NormalizerStage]
    private let passes: [Pass]
    /// True where offsets can be had from the scan, without the text as a whole.
    private let isLocal: Bool
    private let properties: UnicodeProperties
    private static let slow: UInt8 = 0xFF

    init(stages: [NormalizerStage], properties: UnicodeProperties) {
        (self.stages, self.properties) = (stages, properties)
        isLocal = stages.allSatisfy { $0.reach == .character }
        var passes: [Pass] = []
        var together: [NormalizerStage] = []
        for stage in stages {
            if stage.reach < .text {
                together.append(stage)
                continue
            }
            if !together.isEmpty { passes.append(.scan(Scan(together, properties))) }
            together = []
            passes.append(.whole(stage))
        }
        if !together.isEmpty || passes.isEmpty { passes.append(.scan(Scan(together, properties))) }
        self.passes = passes
    }

    /// Returns the normal form of a whole text.
    func normalize(_ text: String) -> [UInt8] {
        var out = NormalizedText()
        var scalar: Int32?
        let bytes = Array(text.utf8)
        normalize(bytes, 0..<bytes.count, scalar: &scalar, into: &out)
        return out.bytes
    }

    /// Appends the normal form of `bytes[range]` to `out`.
    ///
    /// - Parameter scalar: number of scalars before `range`; moved past it. Nil leaves offsets out.
    func normalize(_ bytes: [UInt8], _ range: Range<Int>, scalar: inout Int32?, into out: inout NormalizedText) {
        if passes.count == 1, case .scan(let scan) = passes[0], scalar == nil || isLocal {
            run(scan, bytes, range, &scalar, &out)
        } else if let start = scalar {
            normalizeAligned(bytes, range, start, &out)
            scalar = start + Int32(UTF8Text.count(bytes, range))
        } else {
            normalizeBytes(bytes, range, &out)
        }
    }

    /// The scalars of UTF-8, numbered from 0.
    static func scalars(_ bytes: [UInt8]) -> [AlignedScalar] { scalars(bytes, 0..<bytes.count, 0) }

    private static func scalars(_ bytes: [UInt8], _ range: Range<Int>, _ first: Int32) -> [AlignedScalar] {
        var text: [AlignedScalar] = []
        text.reserveCapacity(range.count)
        var index = range.lowerBound, place = first
        while index < range.upperBound {
            let (scalar, length) = UTF8Text.scalar(bytes, at: index)
            text.append(AlignedScalar(scalar: scalar, start: place, end: place + 1))
            (index, place) = (index + length, place + 1)
        }
        return text
    }

    private func normalizeAligned(_ bytes: [UInt8], _ range: Range<Int>, _ start: Int32, _ out: inout NormalizedText) {
        var text = Self.scalars(bytes, range, start)
        for stage in stages { stage.apply(&text, properties) }
        write(text, true, &out)
    }

    private func normalizeBytes(_ bytes: [UInt8], _ range: Range<Int>, _ out: inout NormalizedText) {
        var text = bytes, range = range
        for pass in passes {
            switch pass {
            case .scan(let scan):
                var result = NormalizedText(), none: Int32?
                result.bytes.reserveCapacity(range.count + 8)
                run(scan, text, range, &none, &result)
                text = result.bytes
            case .whole(let stage):
                text = stage.apply(range.count == text.count ? text : Array(text[range]), properties)
            }
            range = 0..<text.count
        }
        if out.bytes.isEmpty { out.bytes = text } else { out.bytes += text }
    }

    private func run(
        _ scan: Scan, _ bytes: [UInt8], _ range: Range<Int>, _ scalar: inout Int32?, _ out: inout NormalizedText
    ) {
        var index = range.lowerBound
        while index < range.upperBound {
            var end = index
            while end < range.upperBound, scan.ascii[Int(bytes[end])] != Self.slow { end += 1 }
            if scan.joins, end < range.upperBound, end > index { end -= 1 }
            if index < end {
                if scan.keepsASCII {
                    out.bytes += bytes[index..<end]
                } else {
                    for place in index..<end { out.bytes.append(scan.ascii[Int(bytes[place])]) }
                }
                if let position = scalar {
                    let next = position + Int32(end - index)
                    out.starts += position..<next
                    out.ends += position + 1..<next + 1
                    scalar = next
                }
                index = end
            }
            if index < range.upperBound { index = normalizeSlowRun(scan, bytes, index, range.upperBound, &scalar, &out) }
        }
    }

    /// Normalises characters up to the next ASCII one that the table answers for, and returns where that is.
    ///
    /// Where ASCII neighbours belong to the stretch, it ends after an answered one that another follows.
    private func normalizeSlowRun(
        _ scan: Scan, _ bytes: [UInt8], _ start: Int, _ end: Int, _ position: inout Int32?, _ out: inout NormalizedText
    ) -> Int {
        var index = start
        if scan.joins {
            var answered = 0
            while index < end {
                answered = scan.ascii[Int(bytes[index])] == Self.slow ? 0 : answered + 1
                if answered == 2 { break }
                index += 1
            }
        } else {
            while index < end, scan.ascii[Int(bytes[index])] == Self.slow { index += 1 }
        }
        let first = position ?? 0
        var text = Self.scalars(bytes, start..<index, first)
        if position != nil { position = first + Int32(text.count) }
        for stage in scan.stages { stage.apply(&text, properties) }
        write(text, position != nil, &out)
        return index
    }

    private func write(_ text: [AlignedScalar], _ aligned: Bool, _ out: inout NormalizedText) {
        for item in text {
            let before = out.bytes.count
            UTF8Text.append(item.scalar, to: &out.bytes)
            guard aligned else { continue }
            out.starts += repeatElement(item.start, count: out.bytes.count - before)
            out.ends += repeatElement(item.end, count: out.bytes.count - before)
        }
    }
}
