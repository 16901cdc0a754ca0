import HoneData
import Testing

@testable import HoneCLI

@Suite("Line editor")
struct LineEditorTests {
    private func keys(_ bytes: [UInt8]) -> [Key] {
        var reader = KeyReader()
        return bytes.compactMap { reader.push($0) }
    }

    private func keys(_ text: String) -> [Key] { keys(Array(text.utf8)) }

    @Test("bytes become keys, whole characters at a time")
    func reading() {
        #expect(keys("aé日🐶") == [.character("a"), .character("é"), .character("日"), .character("🐶")])
        #expect(keys("\u{1B}[A\u{1B}[B\u{1B}[C\u{1B}[D") == [.up, .down, .right, .left])
        #expect(keys("\u{1B}OH\u{1B}[F\u{1B}[3~\u{1B}[1;5C\u{1B}b") == [.home, .end, .delete, .wordRight, .wordLeft])
        #expect(keys("\u{1B}[99;99zx") == [.character("x")], "an unknown sequence is passed over")
        #expect(
            keys([0x03, 0x04, 0x0D, 0x0A, 0x7F, 0x17, 0x1A]) == [
                .interrupt, .endOfInput, .enter, .newline, .backspace, .deleteWord, .suspend,
            ])
        #expect(keys([0xFF, 0x61]).last == .character("a") || keys([0xFF, 0x61, 0x61, 0x61, 0x61]).contains(.character("a")))
        #expect(keys("\u{1B}[200~one\r\ntwo\u{1B}[201~x") == [.paste("one\ntwo"), .character("x")])
    }

    /// Types text and keys and gives the editor back.
    private func typed(_ text: String, _ keys: [Key] = [], history: [String] = []) -> LineEditor {
        var editor = LineEditor(history: history)
        for character in text { #expect(editor.take(.character(character)) == .editing) }
        for key in keys { _ = editor.take(key) }
        return editor
    }

    @Test("text is put in and taken out at the cursor")
    func editing() {
        #expect(String(typed("abc", [.left, .left, .character("X")]).text) == "aXbc")
        #expect(String(typed("abc", [.home, .delete]).text) == "bc")
        #expect(String(typed("abc", [.backspace, .backspace, .backspace, .backspace]).text) == "")
        #expect(String(typed("one two  ", [.deleteWord]).text) == "one ")
        #expect(String(typed("one two", [.wordLeft, .deleteToStart]).text) == "two")
        #expect(String(typed("one two", [.wordLeft, .deleteToEnd]).text) == "one ")
        #expect(typed("one two three", [.home, .wordRight, .wordRight]).cursor == 7)
        #expect(String(typed("ab", [.left, .paste("1\n2\u{1B}[2J")]).text) == "a1\n2[2Jb", "what is pasted cannot move the cursor")
        #expect(String(typed("e", [.character("\u{301}")]).text).count == 1)
    }

    @Test("enter gives the line and remembers it; arrows go through what was typed, and back to the draft")
    func history() {
        var editor = typed("one")
        #expect(editor.take(.enter) == .entered("one") && editor.text.isEmpty)
        for character in "two" { _ = editor.take(.character(character)) }
        _ = editor.take(.enter)
        for character in "dra" { _ = editor.take(.character(character)) }
        _ = editor.take(.up)
        #expect(String(editor.text) == "two")
        _ = editor.take(.up)
        _ = editor.take(.up)
        #expect(String(editor.text) == "one" && editor.cursor == 3)
        for _ in 0..<3 { _ = editor.take(.down) }
        #expect(String(editor.text) == "dra")
        #expect(editor.take(.enter) == .entered("dra") && editor.history == ["one", "two", "dra"])
        _ = editor.take(.enter)
        #expect(editor.history.count == 3, "a blank line is not remembered")
    }

    @Test("Ctrl-D ends an empty line only")
    func end() {
        var editor = LineEditor()
        #expect(editor.take(.endOfInput) == .ended && editor.take(.interrupt) == .interrupted && editor.take(.suspend) == .suspended)
        editor = typed("ab", [.home])
        #expect(editor.take(.endOfInput) == .editing && String(editor.text) == "b")
    }

    @Test("the drawing breaks rows at the width and knows where the cursor is")
    func drawing() {
        let editor = typed("abcdefg", [.left])
        let drawing = editor.drawing(prompt: "> ", width: 5)
        #expect(drawing.rows == ["> abc", "defg"] && drawing.row == 1 && drawing.column == 3)
        let full = typed("abc").drawing(prompt: "> ", width: 5)
        #expect(full.rows == ["> abc", ""] && full.row == 1 && full.column == 0)
        let wide = typed("日本").drawing(prompt: "> ", width: 5)
        #expect(wide.rows == ["> 日", "本"] && wide.row == 1 && wide.column == 2)
        let lines = typed("a\nb").drawing(prompt: "> ", width: 20)
        #expect(lines.rows == ["> a", "b"] && lines.row == 1 && lines.column == 1)
    }

    @Test("whatever is typed, rows keep within the width and the cursor within its row", arguments: UInt64(0)..<200)
    func widths(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let choices: [Key] = [
            .character("a"), .character("日"), .character("🐶"), .newline, .left, .right, .home, .end, .backspace, .deleteWord, .up, .down,
            .paste("pasted\ntext"), .wordLeft, .wordRight,
        ]
        var editor = LineEditor(history: ["an older line"])
        let width = 4 + random.index(below: 20)
        for _ in 0..<40 {
            _ = editor.take(choices[random.index(below: choices.count)])
            let drawing = editor.drawing(prompt: "> ", width: width)
            #expect((0...editor.text.count).contains(editor.cursor), "seed \(seed)")
            #expect(drawing.rows.allSatisfy { $0.columns <= width }, "seed \(seed)")
            #expect(drawing.rows.indices.contains(drawing.row) && (0..<width).contains(drawing.column), "seed \(seed)")
            #expect(drawing.column <= drawing.rows[drawing.row].columns, "seed \(seed)")
        }
    }
}
