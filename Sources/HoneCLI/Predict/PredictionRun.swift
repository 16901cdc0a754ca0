import Foundation
import Hone
import HoneRuns

/// What `hone predict` lets one kind of model do: rows in, answers out.
protocol PredictionWork: Sendable {
    /// What comes of a row.
    associatedtype Answer: Encodable & Sendable
    /// How many rows there are.
    var count: Int { get }
    /// How many are answered at a time.
    var groupSize: Int { get }
    /// Whether answers are worth showing as they come; others are lined up at the end.
    var showsAsItGoes: Bool { get }
    /// Answers some rows.
    func answer(_ rows: Range<Int>) async throws -> [Answer]
    /// The answers for people; `isOnly` if there is one row in all.
    func lines(_ answers: [Answer], isOnly: Bool, _ console: Console) -> [String]
}

/// Answers rows group by group, keeps every answer that was given, and can be stopped between groups.
struct PredictionRun {
    let console: Console
    let artifact: Artifact
    /// Where answers are kept; nil for standard output only.
    let file: (url: URL, file: AppendedFile)?
    /// Rows that were answered before.
    let skip: Int

    /// - Parameters:
    ///   - output: the file to write; new or empty unless `appends`.
    ///   - skip: how many rows to leave out at the beginning.
    init(_ console: Console, _ artifact: Artifact, output: String?, appends: Bool, skip: Int) throws {
        (self.console, self.artifact, self.skip) = (console, artifact, skip)
        guard let output else {
            file = nil
            return
        }
        let url = URL(filePath: output)
        guard ["jsonl", "ndjson"].contains(url.pathExtension.lowercased()) else { throw CommandError.notJSONLines(output) }
        // A file that cannot be read is not there, or opening it says why.
        if !appends, let found = try? Data(contentsOf: url, options: .alwaysMapped), !found.isEmpty {
            throw CommandError.outputExists(path: output, rows: found.count { $0 == 0x0A })
        }
        file = (url, try AppendedFile(url))
    }

    /// Answers all rows.
    ///
    /// - Throws: `ExitReason.interrupted` after Ctrl-C, when it has said how to go on.
    func run<Work: PredictionWork>(_ work: Work) async throws {
        guard skip < work.count else { throw CommandError.pastEnd(skip: skip, rows: work.count) }
        let interrupts = Interrupts(console, message: "Stopping after these rows. Ctrl-C again quits at once.")
        let isOnly = work.count == 1
        var row = skip
        var unseen: [Work.Answer] = []
        while row < work.count, !interrupts.stop.isAsked {
            let group = row..<min(row + work.groupSize, work.count)
            let answers = try await work.answer(group)
            for (index, answer) in zip(group, answers) { try keep(answer, row: index + 1) }
            row = group.upperBound
            if file != nil {
                let progress = "\(Format.grouped(row)) of \(Format.plural(work.count, "row"))"
                if console.isTerminal { console.control("\r\u{1B}[K" + console.dim(progress)) }
            } else if work.showsAsItGoes {
                console.say(work.lines(answers, isOnly: isOnly, console))
            } else {
                unseen += answers
            }
        }
        if file != nil, console.isTerminal { console.control("\r\u{1B}[K") }
        console.say(work.lines(unseen, isOnly: isOnly, console))
        try finish(row, of: work.count)
    }

    private func keep(_ answer: some Encodable, row: Int) throws {
        guard case .object(var members) = try JSONValue(answer) else { return }
        members["row"] = .integer(Int64(row))
        if let file {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try file.file.append(encoder.encode(JSONValue.object(members)) + Data("\n".utf8))
        }
        members["type"] = "prediction"
        console.emit(members)
    }

    private func finish(_ row: Int, of count: Int) throws {
        let answered = row - skip
        let isWhole = row == count
        var result: [String: JSONValue] = [
            "type": "result", "rows": .integer(Int64(answered)), "model": .string(artifact.url.path), "isWhole": .bool(isWhole),
        ]
        if let file { result["output"] = .string(file.url.path) }
        if let assumption = artifact.assumption { result["assumption"] = .string(assumption) }
        console.emit(result)
        if let file, isWhole { console.say("Wrote \(Format.plural(answered, "answer")) to \(Program.path(file.url)).") }
        guard !isWhole else { return }
        let place = "Stopped after row \(Format.grouped(row)) of \(Format.grouped(count))."
        if let file {
            console.complain("\(place) \(Program.path(file.url)) has the answers so far. To go on: --append --skip \(row).")
        } else {
            console.complain("\(place) To go on: --skip \(row).")
        }
        throw ExitReason.interrupted
    }
}
