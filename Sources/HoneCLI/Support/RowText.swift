import Foundation
import Hone

/// One row as the model sees it, for people.
struct RowText {
    /// Around what is learned where there is no colour.
    static let open = "⟦", close = "⟧"

    var view: RowView
    /// Tags stand behind their words, and every word is learned.
    var isTagging: Bool

    func lines(_ console: Console, ids: Bool) -> [String] {
        var head = "\(view.split.rawValue) \(Format.grouped(view.row)) of \(Format.grouped(view.of))"
        head += " · \(view.place) · \(Format.plural(view.tokens, "token"))"
        if let part = view.part { head += " from number \(part)" }
        if view.label == nil { head += ", \(Format.grouped(view.learned)) learned (\(Format.share(view.learnedShare)))" }
        var lines = [console.bold(head)]
        for side in view.sides {
            if view.sides.count > 1 { lines.append(console.dim(side.name)) }
            lines += ids ? table(side, console) : [isTagging ? tagged(side, console) : running(side, console)]
        }
        if let label = view.label { lines.append(console.dim("label ") + mark(label, console)) }
        return lines
    }

    private func mark(_ text: String, _ console: Console) -> String {
        console.hasColour ? console.good(text) : Self.open + text + Self.close
    }

    // MARK: Running text

    /// Pieces of one kind that follow each other.
    private struct Run {
        var text: String
        var isLearned: Bool
        var isSpecial: Bool
    }

    private func running(_ side: RowView.Side, _ console: Console) -> String {
        var runs: [Run] = []
        for piece in side.pieces {
            let text = piece.answer.map { $0 == piece.text ? "\(piece.text)=" : "\(piece.text)=\($0)" } ?? piece.text
            // Hidden tokens stand alone, so that each keeps its answer.
            if var last = runs.last, last.isLearned == piece.isLearned, last.isSpecial == piece.isSpecial, piece.answer == nil {
                last.text += text
                runs[runs.count - 1] = last
            } else {
                runs.append(Run(text: text, isLearned: piece.isLearned, isSpecial: piece.isSpecial))
            }
        }
        var (line, isOpen) = ("", false)
        for (index, run) in runs.enumerated() {
            let text = Self.visible(run.text, showsEnds: run.isLearned)
            if console.hasColour {
                // A style ends at a line break and begins anew behind it.
                let parts = text.split(separator: "\n", omittingEmptySubsequences: false).map { part in
                    part.isEmpty
                        ? "" : run.isLearned ? console.good(String(part)) : run.isSpecial ? console.dim(String(part)) : String(part)
                }
                line += parts.joined(separator: "\n")
                continue
            }
            if run.isLearned, !isOpen { line += Self.open }
            isOpen = run.isLearned
            line += text
            let next = index + 1 < runs.count ? runs[index + 1] : nil
            let standsAlone = side.pieces.contains { $0.answer != nil }
            if run.isLearned, next?.isLearned != true || standsAlone {
                line += Self.close
                isOpen = false
            }
        }
        return line
    }

    /// The text with blanks, tabs, line breaks and control characters to be seen where they would be overlooked.
    static func visible(_ text: String, showsEnds: Bool) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = ""
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case " ":
                let (before, after) = (index > 0 ? scalars[index - 1] : nil, index + 1 < scalars.count ? scalars[index + 1] : nil)
                let isEnd = before == nil || after == nil
                result += isEnd && showsEnds || before == " " || after == " " || after == "\n" ? "·" : " "
            case "\n": result += "⏎\n"
            case "\t": result += "⇥"
            case "\r": result += "␍"
            case "\u{A0}": result += "⍽"
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}":
                let picture = scalar.value < 0x20 ? 0x2400 + scalar.value : 0x2421
                result.unicodeScalars.append(Unicode.Scalar(picture) ?? "?")
            // Zero-width marks and direction changes would be overlooked, or turn the line around.
            case "\u{200B}"..."\u{200F}", "\u{202A}"..."\u{202E}", "\u{2060}"..."\u{2069}", "\u{FEFF}":
                result += "<U+\(String(scalar.value, radix: 16, uppercase: true))>"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    // MARK: Tags

    /// Words with their sub-words between `|`, and behind them the tag, unless it is `O`.
    private func tagged(_ side: RowView.Side, _ console: Console) -> String {
        var line = ""
        var tag: String?
        func finish() {
            if let tag, tag != "O" { line += mark("/" + tag, console) }
            tag = nil
        }
        for (index, piece) in side.pieces.enumerated() {
            let text = Self.visible(piece.text, showsEnds: false)
            if piece.id == nil {
                finish()
                line += " "
            } else if piece.isSpecial {
                finish()
                line += (index > 0 ? " " : "") + console.dim(text) + (index == 0 ? " " : "")
            } else if let answer = piece.answer {
                finish()
                line += text
                tag = answer
            } else {
                line += console.dim("|") + text
            }
        }
        finish()
        return line
    }

    // MARK: Tokens

    private func table(_ side: RowView.Side, _ console: Console) -> [String] {
        var rows: [[String]] = []
        var position = 0
        for piece in side.pieces {
            guard let id = piece.id else { continue }
            let text = Self.visible(piece.text, showsEnds: true).replacingOccurrences(of: "\n", with: "")
            let state = piece.answer.map { "learned: \($0)" } ?? (piece.isLearned ? "learned" : piece.isSpecial ? "special" : "")
            rows.append(["\(position)", "\(id)", Self.visible(piece.token ?? "", showsEnds: true), text, state])
            position += 1
        }
        var table = Table(header: ["", "id", "token", "text", ""], rows: rows)
        table.rightColumns = [0, 1]
        let lines = table.lines(width: console.width, indent: 2, header: console.dim)
        guard console.hasColour else { return lines }
        return lines.enumerated().map { index, line in
            index > 0 && !rows[index - 1][4].isEmpty && rows[index - 1][4] != "special" ? console.good(line) : line
        }
    }
}
