// Tested by NormalizerTests.swift

/// A character on its way through the stages, with the range of the original text it came from, in Unicode scalars.
struct AlignedScalar: Equatable {
    var scalar: UInt32
    var start: Int32
    var end: Int32
}

/// One step of normalisation.
enum NormalizerStage: Equatable, Sendable {
    case cleanText
    case separateChinese
    case form(UnicodeForm)
    case removeNonspacingMarks
    case removeCombiningMarks
    case lowercase
    case nmt
    case byteLevel
    case precompiled(PrecompiledCharsMap)
    case strip(left: Bool, right: Bool)
    case prepend([UInt32])
    case replace(TextPattern, with: [UInt8])
    case sentencePiece(SentencePieceNormalizer)

    /// What a stage looks at beside the character itself.
    enum Reach: Comparable {
        /// Nothing, or marks among themselves: an ASCII character that it leaves alone or replaces by one ASCII character separates what is
        /// before from what is after.
        case character
        /// Its neighbours: two ASCII characters of that kind in a row separate what is before from what is after.
        case neighbours
        /// The whole text.
        case text
    }

    var reach: Reach {
        switch self {
        case .cleanText, .separateChinese, .removeNonspacingMarks, .removeCombiningMarks, .lowercase, .nmt, .byteLevel: .character
        case .form(let form): form.isComposed ? .neighbours : .character
        case .precompiled: .neighbours
        case .strip, .prepend, .replace, .sentencePiece: .text
        }
    }

    func apply(_ text: inout [AlignedScalar], _ properties: UnicodeProperties) {
        switch self {
        case .cleanText:
            text.removeAll { properties.has(.removedByCleaning, $0.scalar) }
            for index in text.indices where properties.has(.whitespace, text[index].scalar) { text[index].scalar = 0x20 }
        case .separateChinese: separateChinese(&text, properties)
        case .form(let form): Self.transform(&text, form.changes(text, properties))
        case .removeNonspacingMarks: text.removeAll { properties.has(.nonspacingMark, $0.scalar) }
        case .removeCombiningMarks: text.removeAll { properties.has(.combiningMark, $0.scalar) }
        case .lowercase: lowercase(&text, properties)
        case .nmt: nmt(&text)
        case .byteLevel: byteLevel(&text)
        case .precompiled(let map):
            var changes: [ScalarChange] = []
            changes.reserveCapacity(text.count)
            map.normalize(text, into: &changes)
            Self.transform(&text, changes)
        case .strip(let left, let right):
            if right { while let last = text.last, properties.has(.whitespace, last.scalar) { text.removeLast() } }
            if left { text.removeFirst(text.firstIndex { !properties.has(.whitespace, $0.scalar) } ?? text.count) }
        case .prepend(let scalars):
            guard let first = text.first else { return }
            text.insert(contentsOf: scalars.map { AlignedScalar(scalar: $0, start: first.start, end: first.end) }, at: 0)
        case .replace(let pattern, let content): replace(&text, pattern, content, properties)
        case .sentencePiece(let normalizer): text = normalizer.normalize(text)
        }
    }

    /// Applies a stage that looks at the whole text to bytes, where nobody asks for offsets.
    func apply(_ bytes: [UInt8], _ properties: UnicodeProperties) -> [UInt8] {
        switch self {
        case .replace(let pattern, let content):
            return pattern.replaced(bytes, with: content, properties)
        case .prepend(let scalars):
            guard !bytes.isEmpty else { return bytes }
            var result: [UInt8] = []
            result.reserveCapacity(bytes.count + 4 * scalars.count)
            for scalar in scalars { UTF8Text.append(scalar, to: &result) }
            return result + bytes
        case .strip(let left, let right):
            var range = 0..<bytes.count
            while right, !range.isEmpty {
                let (scalar, length) = UTF8Text.scalar(bytes, before: range.upperBound)
                guard properties.has(.whitespace, scalar) else { break }
                range = range.lowerBound..<range.upperBound - length
            }
            while left, !range.isEmpty {
                let (scalar, length) = UTF8Text.scalar(bytes, at: range.lowerBound)
                guard properties.has(.whitespace, scalar) else { break }
                range = range.lowerBound + length..<range.upperBound
            }
            return range.count == bytes.count ? bytes : Array(bytes[range])
        case .sentencePiece(let normalizer):
            return normalizer.normalize(bytes)
        default:
            var text = Normalizer.scalars(bytes)
            apply(&text, properties)
            var result: [UInt8] = []
            for item in text { UTF8Text.append(item.scalar, to: &result) }
            return result
        }
    }

    /// Puts `changes` in the place of `text`; each takes its range as the library's `NormalizedString.transform` gives it.
    ///
    /// An added character takes the range of the one before, at the start of the text an empty one.
    private static func transform(_ text: inout [AlignedScalar], _ changes: [ScalarChange]) {
        guard let first = text.first, let last = text.last else { return }
        let original = text
        var offset = 0
        text.removeAll(keepingCapacity: true)
        text.reserveCapacity(changes.count)
        for item in changes {
            var from = AlignedScalar(scalar: item.scalar, start: first.start, end: first.start)
            if item.change <= 0 {
                from = offset < original.count ? original[offset] : last
                offset += 1 - item.change
            } else if offset > 0 {
                from = offset <= original.count ? original[offset - 1] : last
            }
            text.append(AlignedScalar(scalar: item.scalar, start: from.start, end: from.end))
        }
    }

    private func separateChinese(_ text: inout [AlignedScalar], _ properties: UnicodeProperties) {
        guard text.contains(where: { properties.has(.chinese, $0.scalar) }) else { return }
        text = text.flatMap { item -> [AlignedScalar] in
            guard properties.has(.chinese, item.scalar) else { return [item] }
            let space = AlignedScalar(scalar: 0x20, start: item.start, end: item.end)
            return [space, item, space]
        }
    }

    private func lowercase(_ text: inout [AlignedScalar], _ properties: UnicodeProperties) {
        var index = 0
        while index < text.count {
            if let lowered = properties.lowercase(text[index].scalar) {
                let item = text[index]
                text[index].scalar = lowered[lowered.startIndex]
                for extra in lowered.dropFirst() {
                    index += 1
                    text.insert(AlignedScalar(scalar: extra, start: item.start, end: item.end), at: index)
                }
            }
            index += 1
        }
    }

    /// The clean-up of the NMT corpora: control characters go, unusual spaces become spaces.
    private func nmt(_ text: inout [AlignedScalar]) {
        text.removeAll { item in
            switch item.scalar {
            case 0x1...0x8, 0xB, 0xE...0x1F, 0x7F, 0x8F, 0x9F: true
            default: false
            }
        }
        for index in text.indices {
            switch text[index].scalar {
            case 0x9, 0xA, 0xC, 0xD, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: text[index].scalar = 0x20
            default: break
            }
        }
    }

    private func byteLevel(_ text: inout [AlignedScalar]) {
        var bytes: [UInt8] = []
        text = text.flatMap { item in
            bytes.removeAll(keepingCapacity: true)
            UTF8Text.append(item.scalar, to: &bytes)
            return bytes.map { AlignedScalar(scalar: ByteAlphabet.scalars[Int($0)], start: item.start, end: item.end) }
        }
    }

    /// Every character put in takes the range of the last one taken out, as in the library.
    private func replace(_ text: inout [AlignedScalar], _ pattern: TextPattern, _ content: [UInt8], _ properties: UnicodeProperties) {
        var bytes: [UInt8] = [], owners: [Int] = []
        for (index, item) in text.enumerated() {
            let before = bytes.count
            UTF8Text.append(item.scalar, to: &bytes)
            owners += repeatElement(index, count: bytes.count - before)
        }
        let new = Normalizer.scalars(content)
        var result: [AlignedScalar] = []
        var done = 0, start = 0
        while let found = pattern.match(bytes, from: start, properties) {
            let last = owners[found.upperBound - 1]
            result += text[done..<owners[found.lowerBound]]
            result += new.map { AlignedScalar(scalar: $0.scalar, start: text[last].start, end: text[last].end) }
            (done, start) = (last + 1, found.upperBound)
        }
        guard start > 0 else { return }
        text = result + text[done...]
    }
}
