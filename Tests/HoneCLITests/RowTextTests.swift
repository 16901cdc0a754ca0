import Foundation
import Hone
import HoneData
import Testing

@testable import HoneCLI

@Suite("Rows for people")
struct RowTextTests {
    private let plain = Console(isJSON: false, isTerminal: false, hasColour: false, width: .max)
    private let coloured = Console(isJSON: false, isTerminal: true, hasColour: true, width: 200)

    /// A row from JSON, as `--json` prints it: text, learned, special, answer.
    private func view(_ pieces: [(String, Bool, Bool, String?)], label: String? = nil, name: String = "text") throws -> RowView {
        let list = pieces.enumerated().map { index, piece -> [String: Any] in
            var object: [String: Any] = ["text": piece.0, "isLearned": piece.1, "isSpecial": piece.2]
            if piece.3 != "gap" { object["id"] = index }
            if let answer = piece.3, answer != "gap" { object["answer"] = answer }
            object["token"] = "t\(index)"
            return object
        }
        var json: [String: Any] = [
            "split": "train", "row": 2, "of": 1200, "place": ["file": "rows.jsonl", "line": 7],
            "sides": [["name": name, "pieces": list, "tokens": pieces.count { $0.3 != "gap" }, "learned": pieces.count { $0.1 }]],
        ]
        json["label"] = label
        return try JSONDecoder().decode(RowView.self, from: JSONSerialization.data(withJSONObject: json))
    }

    private func text(_ view: RowView, _ console: Console? = nil, ids: Bool = false, isTagging: Bool = false) -> [String] {
        RowText(view: view, isTagging: isTagging).lines(console ?? plain, ids: ids)
    }

    @Test("learned runs stand in brackets, or are green, and the head says where and how much")
    func learned() throws {
        let row = try view([
            ("<s>", false, true, nil), ("Hi", false, false, nil), (" you", false, false, nil), (" ok", true, false, nil),
            ("!", true, false, nil), ("</s>", true, true, nil), ("\n", false, false, "gap"),
        ])
        #expect(text(row) == ["train 2 of 1,200 · rows.jsonl:7 · 6 tokens, 3 learned (50.0 %)", "<s>Hi you⟦·ok!</s>⟧⏎\n"])
        let green = text(row, coloured)[1]
        #expect(green.contains("\u{1B}[32m·ok!\u{1B}[0m") && green.contains("\u{1B}[2m<s>\u{1B}[0m") && !green.contains("⟦"))
    }

    @Test("white space and controls are seen where they would be overlooked")
    func visible() {
        #expect(RowText.visible("a b", showsEnds: true) == "a b")
        #expect(RowText.visible(" a  b \n\tc ", showsEnds: true) == "·a··b·⏎\n⇥c·")
        #expect(RowText.visible(" a ", showsEnds: false) == " a ")
        #expect(RowText.visible("\u{1B}[31m\r\u{7F}\u{A0}\u{202E}", showsEnds: false) == "␛[31m␍␡⍽<U+202E>")
    }

    @Test("hidden tokens stand with their answer, each alone")
    func hidden() throws {
        let row = try view([
            ("[MASK]", true, true, "dog"), ("[MASK]", true, true, " is"), (" here", false, false, nil), ("so", true, false, "so"),
        ])
        #expect(text(row)[1] == "⟦[MASK]=dog⟧⟦[MASK]= is⟧ here⟦so=⟧")
    }

    @Test("tags stand behind words, sub-words between bars")
    func tags() throws {
        let row = try view([
            ("[CLS]", false, true, nil), ("the", true, false, "O"), (" ", false, false, "gap"), ("Love", true, false, "B-x"),
            ("lace", false, false, nil), (" ", false, false, "gap"), ("home", true, false, "B-y"), ("[SEP]", false, true, nil),
        ])
        #expect(text(row, isTagging: true)[1] == "[CLS] the Love|lace⟦/B-x⟧ home⟦/B-y⟧ [SEP]")
    }

    @Test("a label is shown, and nothing is said of learned tokens")
    func label() throws {
        let lines = text(try view([("a", false, false, nil)], label: "late"))
        #expect(lines == ["train 2 of 1,200 · rows.jsonl:7 · 1 token", "a", "label ⟦late⟧"])
    }

    @Test("with ids there is a line for each token")
    func ids() throws {
        let row = try view([("<s>", false, true, nil), (" a", true, false, nil), ("\n", false, false, "gap"), ("b", true, false, "B-x")])
        let lines = text(row, ids: true)
        #expect(lines.count == 5 && lines[2].contains("special") && lines[3].contains("·a") && lines[3].hasSuffix("learned"))
        #expect(lines[4].contains("t3") && lines[4].hasSuffix("learned: B-x"))
    }
}
