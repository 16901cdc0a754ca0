import Foundation
import HoneData
import HoneModels
import HoneTestSupport
import HoneText
import Testing

@testable import Hone

@Suite("Rows as the model sees them")
struct DataInspectorTests {
    private static let chatML = """
        {%- for m in messages %}{{- '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{%- endfor %}
        {%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
        """

    private func text(_ side: RowView.Side) -> String { side.pieces.map(\.text).joined() }
    private func learned(_ side: RowView.Side) -> String { side.pieces.filter(\.isLearned).map(\.text).joined() }

    @Test("a conversation is shown as the template writes it, its answers and stop tokens learned")
    func conversations() throws {
        let tiny = try TinyChat(template: Self.chatML)
        defer { tiny.remove() }
        let rows =
            #"{"messages": [{"role": "user", "content": "the dog?"}, {"role": "assistant", "content": "a cat\n"}]}"# + "\n\n"
            + #"{"messages": [{"role": "user", "content": "so"}, {"role": "assistant", "content": "no", "weight": 0}, {"role": "user", "#
            + #""content": "and"}, {"role": "assistant", "content": "yes"}]}"#
        let inspector = try DataInspector(tiny.recipe(.instruction, tiny.file("chat.jsonl", rows)))
        #expect(inspector.count(.train) == 2 && inspector.refusal == nil)
        let first = try inspector.row(0, of: .train)
        #expect(
            text(first.sides[0])
                == "<|endoftext|><|im_start|>user\nthe dog?<|im_end|>\n<|im_start|>assistant\na cat\n<|im_end|>\n")
        #expect(learned(first.sides[0]) == "a cat\n<|im_end|>")
        #expect(first.sides[0].pieces.filter(\.isSpecial).map(\.text).contains("<|im_end|>") && first.label == nil)
        let second = try inspector.row(1, of: .train)
        #expect(learned(second.sides[0]) == "yes<|im_end|>" && second.place.line == 3 && second.row == 2 && second.of == 2)
        #expect(second.learnedShare > 0 && second.learned == 4 && second.tokens == second.sides[0].pieces.count)
        #expect(inspector.rows(ofLine: 3, in: .train) == [1] && inspector.rows(ofLine: 2, in: .train).isEmpty)
        #expect(inspector.rows(ofLine: 3, file: "other", in: .train).isEmpty)
        let (tokens, count) = inspector.learned(.train)
        #expect(tokens == first.tokens + second.tokens && count == first.learned + second.learned)
        #expect(throws: HoneError.noSuchRow(row: 3, split: "train", rows: 2)) { try inspector.row(2, of: .train) }
        #expect(try JSONDecoder().decode(RowView.self, from: JSONEncoder().encode(first)) == first)
    }

    @Test("what training refuses is shown all the same, with the reason")
    func refused() throws {
        let tiny = try TinyChat(template: Self.chatML, positions: 40)
        defer { tiny.remove() }
        let nothing = try DataInspector(
            tiny.recipe(.instruction, tiny.file("a.jsonl", #"{"messages": [{"role": "user", "content": "so"}]}"#)))
        #expect(nothing.refusal?.contains("learn nothing") == true && true)
        #expect(try nothing.row(0, of: .train).learned == 0)
        let good = #"{"prompt": "a", "completion": "b"}"# + "\n"
        let long = #"{"prompt": "\#(String(repeating: "the ", count: 60))", "completion": "b"}"#
        let cut = try DataInspector(tiny.recipe(.instruction, tiny.file("b.jsonl", good + long)))
        #expect(cut.refusal?.contains("longest") == true)
        #expect(try cut.row(1, of: .train).tokens == 40)
        #expect(throws: (any Error).self) { try Plan(tiny.recipe(.instruction, tiny.root.appending(path: "b.jsonl").path)) }
    }

    @Test("a long text has several rows, which together are the text")
    func runningText() throws {
        let tiny = try TinyChat(positions: 24)
        defer { tiny.remove() }
        let document = (0..<9).map { "Line \($0): \(TinyChat.words)\n" }.joined()
        let inspector = try DataInspector(tiny.recipe(.text, tiny.file("text.txt", document)))
        let views = try (0..<inspector.count(.train)).map { try inspector.row($0, of: .train) }
        #expect(views.count > 3 && views[0].part == nil && views.dropFirst().allSatisfy { $0.part != nil })
        var whole = text(views[0].sides[0])
        // Each later row begins with the last token of the one before, which is not learned again.
        for view in views.dropFirst() {
            let pieces = view.sides[0].pieces
            #expect(whole.hasSuffix(pieces[0].text) && !pieces[0].isLearned)
            whole += pieces.dropFirst().map(\.text).joined()
        }
        #expect(whole == "<|endoftext|>" + document + "<|endoftext|>")
        #expect(views.allSatisfy { $0.learned == $0.tokens - 1 })
    }

    @Test("tagged words show their sub-words, and the tag at the first")
    func tags() throws {
        let tiny = try TinyChat()
        defer { tiny.remove() }
        let file = try tiny.file("tags.conll", "the\tO\nZoë\tB-person\nLovelace\tI-person\n\nhome\tB-place\n")
        let inspector = try DataInspector(tiny.recipe(.tagging, file))
        let side = try inspector.row(0, of: .train).sides[0]
        #expect(side.pieces.compactMap(\.answer) == ["O", "B-person", "I-person"] && side.learned == 3)
        let lovelace = try #require(side.pieces.firstIndex { $0.answer == "I-person" })
        #expect(side.pieces[lovelace...].filter { $0.id != nil }.map(\.text).joined().trimmingCharacters(in: ["·"]).hasPrefix("Lovelace"))
        #expect(side.pieces[lovelace - 1].id == nil && side.pieces[lovelace - 1].text == " ")
        let check = try DataCheck(tiny.recipe(.tagging, file))
        #expect(check.labels == ["O": 1, "B-person": 1, "I-person": 1, "B-place": 1] && check.files.first?.format == "CoNLL")
    }

    @Test("a classified row shows its label; a pair shows both texts")
    func classes() throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        let csv = "text,text_pair,label\nbike empty,my battery,charge\nwhere is the parcel,now,late\nmy money,back please,refund\n"
        try csv.write(to: tiny.root.appending(path: "pairs.csv"), atomically: true, encoding: .utf8)
        let recipe = try Recipe.inspecting(data: tiny.root.appending(path: "pairs.csv").path, model: tiny.model.path)
        #expect(recipe.task.kind == .classification)
        let inspector = try DataInspector(RecipeDocument(recipe))
        let view = try inspector.row(1, of: .train)
        #expect(view.label == "late" && view.learned == 0)
        let words = view.sides[0].pieces.filter { $0.id != nil }.map(\.text)
        #expect(words == ["[CLS]", "where", "is", "the", "parcel", "[SEP]", "now", "[SEP]"])
        #expect(text(view.sides[0]).contains("where is the parcel"))
        let check = try DataCheck(RecipeDocument(recipe))
        #expect(check.labels == ["charge": 1, "late": 1, "refund": 1] && check.files[0].fields["pair"] == "text_pair")
        #expect(check.lengths[.train]?.histogram.reduce(0) { $0 + $1.rows } == 3)
    }

    @Test("source and target are shown, the target learned to its end, and cut ones as they were cut")
    func pairs() throws {
        let tiny = try TinyChat()
        defer { tiny.remove() }
        let t5 = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "HoneModelsTests/Fixtures/t5")
        let model = tiny.root.appending(path: "t5")
        try FileManager.default.copyItem(at: t5, to: model)
        let frame = TrainedBPE.Frame(end: "</s>", addsEnd: true, pad: "<pad>")
        let trained = BPETrainer(vocabularySize: 60, specialTokens: frame.tokens, alphabet: .found).train([TinyChat.words + ":."])
        try trained.write(to: model, frame: frame, maximumLength: 64)
        let rows = #"{"source": "the dog saw a cat in the park", "target": "a cat"}"# + "\n" + #"{"source": "so", "target": "home"}"#
        let text =
            "model: \(model.path)\ntask: {kind: sequenceToSequence}\ndata: {train: \(try tiny.file("pairs.jsonl", rows)), prefix: \"the: \", "
            + "maximumTokens: 8, tooLong: truncate, validationFraction: 0, testFraction: 0}"
        let inspector = try DataInspector(RecipeDocument(text: text, name: "recipe"))
        let first = try inspector.row(0, of: .train)
        #expect(first.sides.map(\.name) == ["source", "target"] && first.sides[0].learned == 0)
        #expect(
            first.sides[0].tokens == 8 && self.text(first.sides[0]).hasPrefix("the: the dog") && self.text(first.sides[0]).hasSuffix("</s>")
        )
        #expect(!self.text(first.sides[0]).contains("park"))
        #expect(learned(first.sides[1]) == "a cat</s>")
        #expect(self.text(try inspector.row(1, of: .train).sides[0]) == "the: so</s>")
    }

    @Test("a file alone: its task follows from its format and the model")
    func files() throws {
        let tiny = try TinyChat()
        defer { tiny.remove() }
        func task(_ name: String, _ text: String) throws -> TaskName {
            try Recipe.inspecting(data: tiny.file(name, text), model: tiny.model.path).task.kind
        }
        #expect(try task("a.jsonl", #"{"prompt": "a", "completion": "b"}"#) == .instruction)
        #expect(try task("b.jsonl", #"{"text": "a"}"#) == .text)
        #expect(try task("c.jsonl", #"{"text": "a", "label": "x"}"#) == .classification)
        #expect(try task("d.csv", "sentence,intent\na,b\n") == .classification)
        #expect(try task("e.txt", "a\n") == .text)
        #expect(try task("f.conll", "a\tO\n") == .tagging)
        #expect(throws: HoneError.self) { try task("g.jsonl", #"{"prompt": "a", "chosen": "b", "rejected": "c"}"#) }
        #expect(throws: DataError.self) { try task("h.jsonl", #"{"zzz": "a"}"#) }
        #expect(try Recipe.inspecting(data: tiny.file("a.jsonl", ""), model: tiny.model.path, task: .text).task.kind == .text)
    }

    @Test("a folder gives its own splits")
    func folders() throws {
        let tiny = try TinyChat()
        defer { tiny.remove() }
        let folder = tiny.root.appending(path: "data")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, rows) in [("train", 3), ("valid", 2), ("test", 1)] {
            let text = (0..<rows).map { #"{"prompt": "\#(name) \#($0)", "completion": "b"}"# + "\n" }.joined()
            try Data(text.utf8).write(to: folder.appending(path: "\(name).jsonl"))
        }
        let inspector = try DataInspector(RecipeDocument(Recipe(model: tiny.model.path, train: folder.path, task: .instruction)))
        #expect(SplitName.allCases.map(inspector.count) == [3, 2, 1])
        #expect(try inspector.row(0, of: .validation).place.file.hasSuffix("valid.jsonl"))
        #expect(DataCheck(file: folder.path).files.map(\.rows) == [3, 2, 1])
    }

    @Test("a file is checked without a model too")
    func fileAlone() throws {
        let tiny = try TinyChat()
        defer { tiny.remove() }
        let good = try DataCheck(file: tiny.file("a.jsonl", #"{"question": "a", "answer": "b", "id": 1}"#))
        #expect(good.refusal == nil && good.files[0].format == "prompt/completion" && good.files[0].unusedFields == ["id"])
        #expect(good.files[0].fields == ["prompt": "question", "completion": "answer"] && good.rows.isEmpty)
        let labelled = try DataCheck(file: tiny.file("b.csv", "text,label\na,x\nb,y\nc,x\n"))
        #expect(labelled.task == .classification && labelled.labels == ["x": 2, "y": 1])
        let tagged = try DataCheck(file: tiny.file("t.conll", "Ann B-PER\nLee I-PER\nsat O\n\nso O\n"))
        #expect(tagged.task == .tagging && tagged.labels == ["B-PER": 1, "I-PER": 1, "O": 2])
        let bad = try DataCheck(file: tiny.file("c.jsonl", "{\"text\": \"a\"}\n{\"txt\": \"a\"}\n"))
        #expect(bad.refusal?.contains("c.jsonl:2") == true && bad.refusal?.contains("“text”") == true)
    }

    @Test("a check counts what is learned, duplicates and lengths, and says why training would be refused")
    func check() throws {
        let tiny = try TinyChat(template: Self.chatML, positions: 64)
        defer { tiny.remove() }
        let row = { (answer: String) in #"{"messages":[{"role":"user","content":"so"},{"role":"assistant","content":"\#(answer)"}]}"# + "\n"
        }
        let file = try tiny.file("chat.jsonl", row("a") + row("b") + row("a") + row("the dog and the cat"))
        let good = try DataCheck(tiny.recipe(.instruction, file))
        #expect(good.refusal == nil && good.duplicates == 1 && good.rows == [.train: 4])
        let certificate = try #require(good.certificates[.train])
        #expect(certificate.turns == 4 && certificate.turnsEndingInStop == 4 && certificate.beginTokens.one == 4)
        #expect(good.stops.keys.contains("<|im_end|>") && good.template == "the model's folder")
        #expect(good.files[0].roles == ["user": 4, "assistant": 4] && good.warnings.contains { $0.contains("repeat") })
        let strict = try DataCheck(
            RecipeDocument(
                text: "model: \(tiny.model.path)\ntask: {kind: instruction}\n"
                    + "data: {train: \(file), validationFraction: 0, testFraction: 0, duplicates: error}", name: "recipe"))
        #expect(strict.refusal?.contains("data.duplicates") == true && strict.rows == [.train: 4])
        let dropped = try DataCheck(
            RecipeDocument(
                text: "model: \(tiny.model.path)\ntask: {kind: instruction}\n"
                    + "data: {train: \(file), validationFraction: 0, testFraction: 0, duplicates: drop}", name: "recipe"))
        #expect(dropped.refusal == nil && dropped.rows == [.train: 3])
        let long = try DataCheck(tiny.recipe(.instruction, tiny.file("long.jsonl", row("a") + row(String(repeating: "dog ", count: 90)))))
        #expect(long.refusal?.contains("long.jsonl:2") == true && long.lengths[.train]?.truncated == 1)
        #expect((long.lengths[.train]?.longest ?? 0) > 64)
        #expect(try JSONDecoder().decode(DataCheck.self, from: JSONEncoder().encode(good)).rows == good.rows)
    }

    @Test("text that the template drops is refused, unless the recipe says otherwise")
    func droppedText() throws {
        let deaf =
            "{%- for m in messages %}{%- if m.role != 'system' %}{{- m.role + ' ' + m.content + '<|im_end|>' }}{%- endif %}{%- endfor %}"
            + "{%- if add_generation_prompt %}{{- 'assistant ' }}{%- endif %}"
        let tiny = try TinyChat(template: deaf)
        defer { tiny.remove() }
        let row = #"{"messages":[{"role":"system","content":"be kind"},{"role":"user","content":"so"},{"role":"assistant","content":"a"}]}"#
        let file = try tiny.file("chat.jsonl", row)
        #expect(try DataInspector(tiny.recipe(.instruction, file)).refusal?.contains("data.droppedText") == true)
        let document = try RecipeDocument(
            text: "model: \(tiny.model.path)\ntask: {kind: instruction}\n"
                + "data: {train: \(file), validationFraction: 0, testFraction: 0, droppedText: report}", name: "recipe")
        #expect(try DataInspector(document).refusal == nil)
    }

    @Test("a question is shown with its part of the context and the answer in it")
    func questions() throws {
        let tiny = try TinyEncoder("bert")
        defer { tiny.remove() }
        try tiny.write(
            "q.jsonl",
            #"{"question": "who lives in rome", "context": "ann meets bob in lima. eve lives in rome.", "answers": {"text": ["eve"], "answer_start": [23]}}"#
                + "\n"
                + #"{"question": "who", "context": "\#(String(repeating: "ann meets bob. ", count: 8))eve did.", "answers": {"text": ["eve"], "answer_start": [120]}}"#
        )
        let recipe = try tiny.recipe(
            "questionAnswering", data: "train: q.jsonl, validationFraction: 0, testFraction: 0, maximumTokens: 20, stride: 4", "epochs: 1")
        let inspector = try DataInspector(RecipeDocument(contentsOf: recipe))
        let first = try inspector.row(0, of: .train)
        #expect(first.sides.map(text) == ["[CLS]who lives in rome[SEP]", "ann meets bob in lima. eve lives in rome.[SEP]"])
        #expect(first.sides.map(learned) == ["", "eve"] && first.label == "eve" && first.part == nil && inspector.refusal == nil)
        let last = inspector.count(.train) - 1
        let (start, end) = (try inspector.row(1, of: .train), try inspector.row(last, of: .train))
        #expect(learned(start.sides[0]) == "[CLS]" && start.label == "no answer in this part")
        #expect(learned(end.sides[1]) == "eve" && end.part == 12 * (last - 1) && end.place.line == 2)
        for index in 1...last { #expect(try inspector.row(index, of: .train).tokens <= 20) }
    }

    @Test("a template that writes the date has that of the recipe, else one day that the plan keeps")
    func date() throws {
        let dated = "{{- strftime_now('%d %b %Y') + ' ' }}" + Self.chatML
        let tiny = try TinyChat(template: dated)
        defer { tiny.remove() }
        let file = try tiny.file("chat.jsonl", #"{"messages":[{"role":"user","content":"so"},{"role":"assistant","content":"a"}]}"#)
        let fixed = try DataInspector(
            RecipeDocument(
                text: "model: \(tiny.model.path)\ntask: {kind: instruction, date: \"2024-07-26\"}\n"
                    + "data: {train: \(file), validationFraction: 0, testFraction: 0}", name: "recipe"))
        #expect(try text(fixed.row(0, of: .train).sides[0]).contains("26 Jul 2024"))
        let plan = try Plan(tiny.recipe(.instruction, file))
        let day = try #require(plan.recipe.task.date)
        #expect(TemplateDate(day: day)?.dayText == day && plan.warnings.contains { $0.contains(day) })
    }
}
