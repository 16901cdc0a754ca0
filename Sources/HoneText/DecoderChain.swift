// Tested by TokenDecoderTests.swift

/// What SentencePiece's own decoding depends on.
struct SentencePieceDecoding: Equatable, Sendable {
    /// True where the first space of the text goes: the normaliser put it there.
    var dropsFirstSpace: Bool
    /// True where all spaces at the start go.
    var dropsLeadingSpaces: Bool
    /// The spelling of the unknown piece, and the text that stands for it.
    var unknown: [UInt8]
    var unknownText: [UInt8]
    /// Pieces that have no text of their own.
    var control: Set<[UInt8]>
    /// True where the model has a piece for every byte.
    var hasBytes: Bool
}

/// The stages of a decoder at work: tokens go in one at a time, text comes out as soon as nothing later can change it.
struct DecoderChain {
    private var states: [DecoderState]
    private(set) var output: [UInt8] = []

    init(_ decoder: TokenDecoder) {
        states = (decoder.stages.isEmpty ? [.spaces] : decoder.stages).map(DecoderState.init)
    }

    mutating func push(_ token: [UInt8]) {
        send(token, to: 0)
        end(0)
    }

    mutating func finish() {
        for index in states.indices {
            var made: [DecoderEvent] = []
            states[index].finish(&made)
            forward(made, to: index + 1)
        }
    }

    /// Returns the text that is ready, and forgets it.
    mutating func take() -> String {
        defer { output.removeAll(keepingCapacity: true) }
        return String(decoding: output, as: UTF8.self)
    }

    private mutating func send(_ text: [UInt8], to index: Int) {
        guard index < states.count else {
            output += text
            return
        }
        var made: [DecoderEvent] = []
        states[index].text(text, &made)
        forward(made, to: index + 1)
    }

    private mutating func end(_ index: Int) {
        guard index < states.count else { return }
        var made: [DecoderEvent] = []
        states[index].end(&made)
        forward(made, to: index + 1)
    }

    private mutating func forward(_ events: [DecoderEvent], to index: Int) {
        for event in events {
            switch event {
            case .text(let text): send(text, to: index)
            case .end: end(index)
            }
        }
    }
}

/// What a stage hands to the next: text of a token, of which there may be several, and the end of a token.
enum DecoderEvent {
    case text([UInt8])
    case end
}

/// One stage at work.
struct DecoderState {
    private let stage: TokenDecoder.Stage
    /// How many tokens have ended.
    private var count = 0
    /// Text of the token that has not ended, or what is held back.
    private var held: [UInt8] = []
    /// Bytes, or a token, that wait for what follows.
    private var waiting: [UInt8]?
    /// For `strip`: how many have gone from the start of the token, and whether anything else has come.
    private var stripped = 0
    private var isInside = false

    init(_ stage: TokenDecoder.Stage) { self.stage = stage }

    mutating func text(_ text: [UInt8], _ made: inout [DecoderEvent]) {
        switch stage {
        case .fuse:
            if !text.isEmpty { made.append(.text(text)) }
        case .strip(let content, let start, let stop):
            held += text
            strip(content, start, stop, &made)
        default: held += text
        }
    }

    mutating func end(_ made: inout [DecoderEvent]) {
        defer { count += 1 }
        switch stage {
        case .fuse: return
        case .byteLevel:
            byteLevel(&made)
            return
        case .strip(let content, let start, let stop):
            strip(content, start, stop, &made)
            var rest = held[...]
            for _ in 0..<stop where !rest.isEmpty && rest.suffix(content.count) == content[...] { rest = rest.dropLast(content.count) }
            made += [.text(Array(rest)), .end]
            held.removeAll(keepingCapacity: true)
            (stripped, isInside) = (0, false)
            return
        default: break
        }
        let token = held
        held.removeAll(keepingCapacity: true)
        switch stage {
        case .spaces: made.append(.text(count > 0 ? [0x20] + token : token))
        case .wordPiece(let prefix, let cleanup): made.append(.text(Self.wordPiece(token, prefix, cleanup, isFirst: count == 0)))
        case .byteFallback:
            if let byte = ByteToken.byte(token) {
                waiting = (waiting ?? []) + [byte]
                return
            }
            releaseBytes(&made)
            made.append(.text(token))
        case .replace(let pattern, let content): made.append(.text(pattern.replaced(token, with: content, .shared)))
        case .metaspace(let replacement, let drops):
            let space: [UInt8] = count == 0 && drops ? [] : [0x20]
            made.append(.text(TextPattern(bytes: replacement).replaced(token, with: space, .shared)))
        case .bpe(let suffix):
            if let last = waiting { made += [.text(Self.words(last, suffix, [0x20])), .end] }
            waiting = token
            return
        case .sentencePiece(let settings): sentencePiece(token, settings, &made)
        case .fuse, .byteLevel, .strip: break
        }
        made.append(.end)
    }

    mutating func finish(_ made: inout [DecoderEvent]) {
        switch stage {
        case .fuse: made.append(.end)
        case .byteLevel:
            if let bytes = waiting, !bytes.isEmpty { made.append(.text(Array(String(decoding: bytes, as: UTF8.self).utf8))) }
            made.append(.end)
        case .byteFallback: releaseBytes(&made)
        case .sentencePiece: releasePieceBytes(&made, isLast: true)
        case .bpe(let suffix):
            if let last = waiting { made += [.text(Self.words(last, suffix, [])), .end] }
        default: break
        }
        held = []
        waiting = nil
    }

    private static func words(_ token: [UInt8], _ suffix: [UInt8], _ replacement: [UInt8]) -> [UInt8] {
        suffix.isEmpty ? token : TextPattern(bytes: suffix).replaced(token, with: replacement, .shared)
    }

    private static func wordPiece(_ token: [UInt8], _ prefix: [UInt8], _ cleanup: Bool, isFirst: Bool) -> [UInt8] {
        var piece = token
        if !isFirst {
            if piece.starts(with: prefix) { piece.removeFirst(prefix.count) } else { piece.insert(0x20, at: 0) }
        }
        return cleanup ? EnglishCleanup.cleaned(piece) : piece
    }

    /// Takes `content` off the start, and passes on what the end of the token cannot take off.
    private mutating func strip(_ content: [UInt8], _ start: Int, _ stop: Int, _ made: inout [DecoderEvent]) {
        while !isInside {
            if stripped < start, held.starts(with: content) {
                held.removeFirst(content.count)
                stripped += 1
            } else if held.isEmpty || stripped < start && held.count < content.count && content.starts(with: held) {
                return
            } else {
                isInside = true
            }
        }
        var kept = held.count, found = 0
        while found < stop, kept >= content.count, held[kept - content.count..<kept] == content[...] {
            kept -= content.count
            found += 1
        }
        guard kept > 0 else { return }
        made.append(.text(Array(held[..<kept])))
        held.removeFirst(kept)
    }

    private mutating func releaseBytes(_ made: inout [DecoderEvent]) {
        guard let bytes = waiting else { return }
        waiting = nil
        if String(validating: bytes, as: UTF8.self) != nil {
            made += [.text(bytes), .end]
        } else {
            for _ in bytes { made += [.text([0xEF, 0xBF, 0xBD]), .end] }
        }
    }

    /// Turns the characters of a token into bytes and passes on the characters that are complete; the rest stays in `waiting`.
    private mutating func byteLevel(_ made: inout [DecoderEvent]) {
        var bytes: [UInt8] = []
        var index = 0
        while index < held.count {
            let (scalar, length) = UTF8Text.scalar(held, at: index)
            guard let byte = ByteAlphabet.byte(of: scalar) else {
                bytes = held
                break
            }
            bytes.append(byte)
            index += length
        }
        held.removeAll(keepingCapacity: true)
        bytes = (waiting ?? []) + bytes
        let complete = UTF8Text.completePrefix(bytes)
        if complete > 0 { made.append(.text(Array(String(decoding: bytes[..<complete], as: UTF8.self).utf8))) }
        waiting = Array(bytes[complete...])
    }

    private mutating func sentencePiece(_ token: [UInt8], _ settings: SentencePieceDecoding, _ made: inout [DecoderEvent]) {
        if settings.hasBytes, let byte = ByteToken.byte(token) {
            waiting = (waiting ?? []) + [byte]
            releasePieceBytes(&made, isLast: false)
            return
        }
        releasePieceBytes(&made, isLast: true)
        if isInside { stripped = 1 }
        // `stripped` is 1 where the start of the text is over, `isInside` where the text has something in it.
        let isStart = stripped == 0
        if settings.control.contains(token) { return }
        if token == settings.unknown {
            made.append(.text(settings.unknownText))
            isInside = isInside || !settings.unknownText.isEmpty
            return
        }
        var piece = token
        let space: [UInt8] = [0xE2, 0x96, 0x81]
        if isStart, settings.dropsFirstSpace || settings.dropsLeadingSpaces, piece.starts(with: space) {
            piece.removeFirst(3)
            if !settings.dropsLeadingSpaces { stripped = 1 }
        }
        piece = TextPattern(bytes: space).replaced(piece, with: [0x20], .shared)
        if !piece.isEmpty {
            isInside = true
            made.append(.text(piece))
        }
    }

    /// Passes on the characters of the bytes in `waiting`; a byte that belongs to none becomes U+FFFD.
    private mutating func releasePieceBytes(_ made: inout [DecoderEvent], isLast: Bool) {
        guard let bytes = waiting, !bytes.isEmpty else { return }
        var index = 0
        while index < bytes.count {
            let length = UTF8Text.sequenceLength(bytes[index])
            if length > 0, index + length <= bytes.count, String(validating: bytes[index..<index + length], as: UTF8.self) != nil {
                made.append(.text(Array(bytes[index..<index + length])))
                index += length
            } else if !isLast, UTF8Text.completePrefix(Array(bytes[index...])) == 0 {
                break
            } else {
                made.append(.text([0xEF, 0xBF, 0xBD]))
                index += 1
            }
            isInside = true
        }
        waiting = Array(bytes[index...])
    }
}

/// Tokens spelt `<0x41>`, which stand for a byte.
enum ByteToken {
    static func byte(_ token: [UInt8]) -> UInt8? {
        guard token.count == 6, token.starts(with: [0x3C, 0x30, 0x78]), token[5] == 0x3E else { return nil }
        return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
    }

    static func spelling(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "<0x\(digits.count < 2 ? "0" + digits : digits)>"
    }
}

/// The clean-up of English text that WordPiece decoders offer.
enum EnglishCleanup {
    /// The replacements of the library, in its order; each looks at one token at a time, as there.
    private static let replacements = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"),
        (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ].map { (pattern: TextPattern(text: $0.0), content: Array($0.1.utf8)) }

    static func cleaned(_ piece: [UInt8]) -> [UInt8] {
        guard piece.contains(0x20) else { return piece }
        return replacements.reduce(piece) { $1.pattern.replaced($0, with: $1.content, .shared) }
    }
}
