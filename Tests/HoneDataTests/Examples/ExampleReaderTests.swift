import Foundation
import HoneData
import Testing

@Suite("ExampleReader")
struct ExampleReaderTests {
    /// Every format with a row of it and how many examples it makes.
    static let rows: [(ExampleFormat, String, Int)] = [
        (.messages, #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "weight": 1}]}"#, 1),
        (.shareGPT, #"{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}"#, 1),
        (
            .conversationalPromptCompletion,
            #"{"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "b"}]}"#, 1
        ),
        (.promptCompletion, #"{"prompt": "a", "completion": "b"}"#, 1),
        (.promptCompletion, #"{"question": "a", "answer": "b", "id": 3}"#, 1),
        (.alpaca, #"{"instruction": "a", "input": "", "output": "b"}"#, 1),
        (.alpaca, #"{"instruction": "a", "context": "c", "response": "b", "category": "x"}"#, 1),
        (.pair, #"{"dialogue": "a", "summary": "b"}"#, 1), (.pair, #"{"text": "a", "summary": "b"}"#, 1),
        (.selfInstruct, #"{"instruction": "a", "instances": [{"input": "", "output": "b"}, {"input": "c", "output": "d"}]}"#, 2),
        (
            .openAIPreference,
            #"{"input": {"messages": [{"role": "user", "content": "a"}]}, "preferred_output": [{"role": "assistant", "content": "b"}], "#
                + #""non_preferred_output": [{"role": "assistant", "content": "c"}]}"#, 1
        ),
        (.preference, #"{"prompt": "a", "chosen": "b", "rejected": "c"}"#, 1),
        (.text, #"{"text": "a"}"#, 1),
        (.pair, #"{"source": ["a.", "b."], "target": ["c", "d"]}"#, 1),
        (.taggedLists, #"{"tokens": ["a", "b"], "ner_tags": ["B-x", "I-x"]}"#, 1),
        (.questionAnswering, #"{"context": "a b", "question": "c", "answers": {"text": ["b"], "answer_start": [2]}}"#, 1),
    ]

    @Test("finds every format by its keys, from lines and from an array", arguments: rows)
    func detects(format: ExampleFormat, row: String, examples: Int) throws {
        let read = try readExamples(row + "\n\n" + row)
        #expect(read.report.format == format)
        #expect((read.report.rows, read.report.examples, read.report.blankLines) == (2, 2 * examples, 1))
        let array = try readExamples("\n[\n" + row + ",\n\n" + row + "]\n", "json")
        #expect(array.examples.map(\.place.line).last == 5)
        #expect(array.report.format == format && array.examples.count == 2 * examples)
    }

    @Test("every format but files of their own kind is found")
    func all() {
        #expect(Set(Self.rows.map(\.0)) == Set(ExampleFormat.allCases).subtracting([.conll, .plainText, .squad]))
        #expect(Set(ExampleFormat.allCases.map(\.title)).count == ExampleFormat.allCases.count)
    }

    @Test("OpenAI rows: weight, tools, arguments as JSON text, old functions")
    func openAI() throws {
        let row =
            #"{"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}, {"type": "text", "text": "y"}]}, "#
            + #"{"role": "assistant", "content": null, "weight": 0, "tool_calls": [{"id": "c", "type": "function", "#
            + #""function": {"name": "f", "arguments": "{\"n\": 1.50}"}}]}, {"role": "tool", "tool_call_id": "c", "content": "3"}, "#
            + #"{"role": "assistant", "content": "z"}], "functions": [{"name": "f"}], "parallel_tool_calls": false}"#
        guard case .conversation(let talk, _) = try readExamples(row).examples[0] else { return }
        #expect(talk.messages[0].content == "xy")
        #expect(talk.messages[1].learned == false && talk.messages[1].content == nil && talk.messages[3].learned == nil)
        #expect(talk.messages[1].raw["weight"] == nil && talk.messages[1].raw["content"] == .null)
        let arguments = talk.messages[1].raw["tool_calls"]?.items?[0]["function"]?["arguments"]
        #expect(arguments == .object([.init("n", .number("1.50"))]))
        #expect(talk.messages[2].toolCallID == "c")
        #expect(talk.tools == [.object([.init("type", .string("function")), .init("function", .object([.init("name", .string("f"))]))])])
        #expect(talk.variables == [.init("parallel_tool_calls", .bool(false))])
    }

    @Test("ShareGPT's speakers, system and calls")
    func shareGPT() throws {
        let row =
            #"{"system": "s", "conversations": [{"from": "human", "value": "a"}, {"from": "function_call", "value": "{\"name\": "#
            + #"\"f\", \"arguments\": {}}"}, {"from": "observation", "value": "3"}, {"from": "gpt", "value": "b"}], "tools": "[{\"name\": \"f\"}]"}"#
        guard case .conversation(let talk, _) = try readExamples(row).examples[0] else { return }
        #expect(talk.messages.map(\.role) == ["system", "user", "assistant", "tool", "assistant"])
        #expect(talk.messages[2].toolCalls.count == 1 && talk.tools?.count == 1)
    }

    @Test("Alpaca's two wordings, its history, and the messages of a completion")
    func alpaca() throws {
        let row = #"{"instruction": "do", "input": "this", "output": "done", "history": [["q", "r"]], "system": "s"}"#
        guard case .conversation(let talk, _) = try readExamples(row).examples[0] else { return }
        #expect(talk.messages.map { $0.content ?? "" } == ["s", "q", "r", "do\nthis", "done"])
        var options = ExampleOptions()
        options.alpaca = .stanford
        guard case .promptCompletion(let prompt, "done", _) = try readExamples(row, options: options).examples[0] else { return }
        #expect(prompt.hasPrefix("Below is an instruction that describes a task, paired with"))
        #expect(prompt.hasSuffix("### Instruction:\ndo\n\n### Input:\nthis\n\n### Response:"))
        let both = #"{"prompt": [{"role": "assistant", "content": "a"}], "completion": [{"role": "assistant", "content": "b"}]}"#
        guard case .conversation(let two, _) = try readExamples(both).examples[0] else { return }
        #expect(two.messages.map(\.learned) == [false, nil])
    }

    @Test("Dolly's names, ShareGPT's turns under messages, and OpenAI's old function role")
    func cousins() throws {
        let dolly = try readExamples(#"{"instruction": "do", "context": "this", "response": "done", "category": "x"}"#)
        guard case .conversation(let talk, _) = dolly.examples[0] else { return }
        #expect(talk.messages.map { $0.content ?? "" } == ["do\nthis", "done"] && dolly.report.unusedColumns == ["category"])
        #expect(dolly.report.columns == ["instruction": "instruction", "output": "response", "context": "context"])
        let turns = #"{"messages": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b", "weight": 0}]}"#
        guard case .conversation(let turned, _) = try readExamples(turns).examples[0] else { return }
        #expect(turned.messages.map(\.role) == ["user", "assistant"] && turned.messages[1].learned == false)
        let old =
            #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": null, "function_call": {"name": "f", "#
            + #""arguments": "{}"}}, {"role": "function", "name": "f", "content": "3"}, {"role": "assistant", "content": null, "refusal": "no"}]}"#
        guard case .conversation(let called, _) = try readExamples(old).examples[0] else { return }
        #expect(called.messages.map(\.role) == ["user", "assistant", "tool", "assistant"] && called.messages[1].toolCalls.count == 1)
        #expect(called.messages[2].raw["role"]?.string == "tool" && called.messages[2].raw["name"]?.string == "f")
        #expect(called.messages[3].content == "no" && called.messages[3].raw["refusal"] == nil)
    }

    @Test("unpaired preferences are not taken for completions to learn")
    func unpaired() throws {
        let row = #"{"prompt": "a", "completion": "b", "label": false}"#
        let error = try #require(dataError { try readExamples(row) })
        #expect(error.description.contains("KTO") && error.description.contains("rows.jsonl:1"))
        #expect(try readExamples(row, columns: ExampleColumns(prompt: "prompt", completion: "completion")).examples.count == 1)
        #expect(try readExamples(#"{"prompt": "a", "completion": "b", "label": "x"}"#).examples.count == 1)
    }

    @Test("a source of sentences is joined; of several targets one is learned, or each")
    func pairs() throws {
        let row = #"{"source": ["a.", "b."], "target": ["c", "d"], "title": "t"}"#
        let first = try readExamples(row)
        #expect(
            first.examples == [
                .pair(SequencePair(source: "a. b.", target: "c", references: ["c", "d"]), RowPlace(file: "rows.jsonl", line: 1))
            ])
        #expect(first.report.furtherTargets == 1 && first.report.unusedColumns == ["title"])
        #expect(try readExamples(##"{"source": ["a", " "], "target": "c"}"##).examples.count == 1)
        #expect(dataError { try readExamples(##"{"source": [" "], "target": "c"}"##) } != nil)
        #expect(dataError { try readExamples(##"{"source": ["a"], "target": ["c", ""]}"##) } != nil)
        var options = ExampleOptions()
        options.targets = .each
        #expect(try readExamples(row, options: options).examples.count == 2)
    }

    @Test("columns can be named, and tables are read")
    func columns() throws {
        let named = ExampleColumns(prompt: "frage", completion: "antwort")
        let read = try readExamples("frage,antwort\nx,\"y\nz\"\n", "csv", columns: named)
        #expect(read.examples == [.promptCompletion(prompt: "x", completion: "y\nz", RowPlace(file: "rows.csv", line: 2))])
        #expect(read.report.columns == ["prompt": "frage", "completion": "antwort"])
        #expect(try readExamples("prompt\tcompletion\na\tb\n", "tsv").examples.count == 1)
        #expect(try readExamples(#"{"a": "x", "b": "y"}"#, columns: ExampleColumns(source: "a", target: "b")).report.format == .pair)
        let wrong = ExampleColumns(prompt: "frag", completion: "antwort")
        #expect(
            dataError { try readExamples(#"{"frage": "x", "antwort": "y"}"#, columns: wrong) }
                == .missingField(
                    at: RowPlace(file: "rows.jsonl", line: 1), format: .promptCompletion, field: "frag", keys: ["frage", "antwort"],
                    suggestion: "frage"))
    }

    @Test("preference answers share a prompt, also in transcripts")
    func preference() throws {
        let row =
            #"{"chosen": "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: good", "#
            + #""rejected": "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: bad"}"#
        guard case .preference(let pair, _) = try readExamples(row).examples[0] else { return }
        #expect(pair.prompt.map { $0.content ?? "" } == ["a", "b", "c"])
        #expect(pair.chosen.map { $0.content ?? "" } == ["good"] && pair.rejected.map { $0.content ?? "" } == ["bad"])
        #expect(dataError { try readExamples(#"{"chosen": "x", "rejected": "y"}"#) } != nil)
    }

    /// A wrong second row, the field it is wrong in, and what the message says besides.
    static let faults: [(String, String, [String])] = [
        (#"{"messages": [{"role": "usr", "content": "a"}]}"#, "messages[0].role", ["“user”"]),
        (#"{"messages": [{"rol": "user", "content": "a"}]}"#, "messages[0].role", ["Rename “rol” to “role”"]),
        (#"{"messages": [{"role": "user", "contnt": "a"}]}"#, "messages[0].content", ["Rename “contnt” to “content”"]),
        (#"{"messages": [{"role": "user", "content": 3}]}"#, "messages[0].content", ["the number 3"]),
        (#"{"messages": []}"#, "messages", ["at least one message"]),
        (#"{"messages": "a"}"#, "messages", ["a list"]),
        (#"{"messages": [{"role": "assistant", "content": null}]}"#, "messages[0].content", ["tool_calls"]),
        (#"{"messages": [{"role": "assistant", "content": "a", "weight": 2}]}"#, "messages[0].weight", ["0 or 1"]),
        (
            #"{"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{a"}}]}]}"#,
            "messages[0].tool_calls[0].function.arguments", ["JSON object", "“{a”"]
        ),
        (#"{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}"#, "messages[0].content[0]", ["text"]),
        (#"{"messages": [{"role": "user", "content": "a"}], "tools": "x"}"#, "tools", ["a list"]),
    ]

    @Test("a wrong row is named with its line, its field and the format", arguments: faults)
    func fault(row: String, field: String, says: [String]) throws {
        let good = #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}"#
        let error = try #require(dataError { try readExamples(good + "\n" + row) })
        let text = error.description
        for part in ["rows.jsonl:2", "“\(field)”", ExampleFormat.messages.title] + says { #expect(text.contains(part), "\(text)") }
    }

    @Test("rows of no known format, of another format, and broken ones")
    func others() {
        let at = RowPlace(file: "rows.jsonl", line: 1)
        #expect(
            dataError { try readExamples(#"{"promt": "a", "completion": "b"}"#) }
                == .unknownRow(at: at, keys: ["promt", "completion"], nearest: .promptCompletion, missing: ["prompt"]))
        let pair = dataError { try readExamples(#"{"documnt": "a", "summary": "b"}"#) }
        #expect(pair?.description.contains("lacks “document”") == true && pair?.description.contains("\"source\"") == false)
        #expect(dataError { try readExamples("frage;antwort\na;b\n", "csv") }?.description.contains("commas") == true)
        #expect(dataError { try readExamples(#"{"zzzzz": 1}"#) } == .unknownRow(at: at, keys: ["zzzzz"], nearest: nil, missing: []))
        let mixed = #"{"text": "a"}"# + "\n" + #"{"prompt": "a", "completion": "b"}"#
        #expect(
            dataError { try readExamples(mixed) }
                == .mixedFormats(at: RowPlace(file: "rows.jsonl", line: 2), file: .text, row: .promptCompletion))
        #expect(
            dataError { try readExamples("[{\"text\": \"a\"},\n {\"text\": b}]", "json") }
                == .brokenJSON(file: "rows.json", line: 2, column: 11, reason: "found “b” where a value was expected"))
        #expect(dataError { try readExamples("[1]", "json") } == .notAnObject(file: "rows.json", line: 1, found: "the number 1"))
        #expect(dataError { try readExamples("a", "xlsx") } != nil)
        #expect(dataError { try readExamples("\n\n") } == .emptyFile(file: "rows.jsonl"))
        #expect(
            dataError { try readExamples(#"{"prompt": "a", "completion": " "}"#) }
                == .wrongField(
                    at: at, format: .promptCompletion, field: "completion", expected: "a text that is not empty", found: "the string “ ”"))
    }
}
