// Tested by RecipeTests.swift.

public import HoneData
internal import HoneText

extension Recipe {
    /// Says what the model is to learn.
    public struct TaskSpec: Sendable, Equatable {
        /// The kind of target.
        public var kind = TaskName.classification
        /// The labels in the order of the model's outputs; nil takes the sorted labels of the training rows.
        public var labels: [String]?
        /// Which turns of a conversation are learned.
        public var learns = LearnedTurns.all
        /// A file with a chat template, or the name of a built-in one; nil for the model's own.
        public var template: String?
        /// Whether prompts and completions are written as conversations of one turn; nil for yes where the model has a chat template.
        public var promptsAreChats: Bool?

        /// The day that a chat template writes which asks for the date, such as `2026-11-28`; nil for the day of the plan.
        public var date: String?

        /// Makes the section; what is left out takes its default.
        public init(kind: TaskName? = nil, labels: [String]? = nil, learns: LearnedTurns? = nil, template: String? = nil) {
            if let kind { self.kind = kind }
            self.labels = labels
            if let learns { self.learns = learns }
            self.template = template
        }
    }

    /// Says where the rows are and how they are checked and split.
    public struct DataSpec: Sendable, Equatable {
        /// Where held-out rows come from.
        public enum HeldOut: Sendable, Equatable {
            /// A file of their own.
            case file(String)
            /// A share of the training file, `0 ..< 1`; 0 holds nothing out.
            case fraction(Double)
        }

        /// The file of training rows, CSV or JSONL, or a folder with `train.jsonl`, `valid.jsonl` and `test.jsonl`.
        public var train: String
        /// The rows that steer training: early stopping, and which checkpoint is best.
        public var validation = HeldOut.fraction(0.1)
        /// The rows that nothing looks at before the end.
        public var test = HeldOut.fraction(0.1)
        /// The column of the text; nil finds it by its name.
        public var text: String?
        /// The column of the second text of a pair; nil finds it by its name, unless `text` is given.
        public var pair: String?
        /// The column of the label, labels or value; nil finds it by its name.
        public var label: String?
        /// What stands between several labels in a cell of a CSV file; nil finds `|` or `;`.
        public var labelSeparator: String?
        /// What happens to a text longer than the model, or than `maximumTokens`.
        public var tooLong = TooLongPolicy.error
        /// What happens to training rows that repeat an earlier one.
        public var duplicates = FindingPolicy.report
        /// What happens to rows that stand in two splits.
        public var leakage = FindingPolicy.report
        /// The longest text in tokens, special tokens included; nil for the model's own limit.
        public var maximumTokens: Int?
        /// The longest target of a sequence-to-sequence task in tokens; nil for `maximumTokens`.
        public var maximumTargetTokens: Int?
        /// The format of the files of tasks that read examples; nil finds it.
        public var format: ExampleFormat?
        /// The columns of examples; nil finds each by its name.
        public var exampleColumns = ExampleColumns()
        /// How examples are read where there is a choice.
        public var exampleOptions = ExampleOptions()
        /// What happens when the chat template leaves out text of the data.
        public var droppedText = MaskCertificate.DroppedTextPolicy.error
        /// What a sequence-to-sequence model reads before each source, such as `summarize: `.
        public var prefix: String?
        /// How many tokens two windows of a long context share (questionAnswering).
        public var stride = 128

        /// Makes the section; what is left out takes its default.
        public init(
            train: String, validation: HeldOut? = nil, test: HeldOut? = nil, text: String? = nil, pair: String? = nil,
            label: String? = nil, labelSeparator: String? = nil, tooLong: TooLongPolicy? = nil, maximumTokens: Int? = nil
        ) {
            self.train = train
            if let validation { self.validation = validation }
            if let test { self.test = test }
            self.text = text
            self.pair = pair
            self.label = label
            self.labelSeparator = labelSeparator
            if let tooLong { self.tooLong = tooLong }
            self.maximumTokens = maximumTokens
        }
    }

    /// Says how the result is measured.
    public struct EvaluationSpec: Sendable, Equatable {
        /// The confidence level of every interval, `0.5 ..< 1`.
        public var confidence = 0.95
        /// Bootstrap resamples behind every interval.
        public var resamples = 1000
        /// Test examples that the model answers in full at the end, so that its answers are scored; 0 for none.
        public var generatedRows = 64
        /// Whether validation examples are answered and scored in training too.
        public var generatesInTraining = false
        /// Texts that the model writes at each evaluation, to be read by a person (text).
        public var samples = 0
        /// What those texts go on with; nil lets them begin as a document does.
        public var samplePrompt: String?
        /// The longest answer in tokens.
        public var maximumNewTokens = 128
        /// Beams of the search (sequenceToSequence); 1 takes the likeliest token each time.
        public var beams = 1
        /// The longest answer that is looked for in a context, in tokens (questionAnswering).
        public var maximumAnswerTokens = 30
        /// What the test rows are measured with before training.
        public var baseline = Baseline.none

        /// Names what stands for "before".
        public enum Baseline: String, Sendable, CaseIterable {
            /// Nothing: the run measures only what it made.
            case none
            /// The frozen encoder with the nearest class centroid; classification only.
            case centroid
            /// The model as it is before the first step; not for heads that begin with random weights.
            case untuned
        }

        /// Makes the section; what is left out takes its default.
        public init(confidence: Double? = nil, resamples: Int? = nil, baseline: Baseline? = nil) {
            if let confidence { self.confidence = confidence }
            if let resamples { self.resamples = resamples }
            if let baseline { self.baseline = baseline }
        }
    }

    /// Says where the run folder goes.
    public struct OutputSpec: Sendable, Equatable {
        /// The folder that holds the run folders.
        public var folder = "runs"
        /// The name of this run; nil makes one.
        public var name: String?

        /// Makes the section; what is left out takes its default.
        public init(folder: String? = nil, name: String? = nil) {
            if let folder { self.folder = folder }
            self.name = name
        }
    }
}

extension Recipe.TaskSpec: RecipeSection {
    static var blank: Self { Self() }
    static let traits = RecipeSchema.Traits(shorthand: "kind")
    static let fields: [RecipeField<Self>] = [
        .init("kind", \.kind, .choice, "The kind of target."),
        .init(
            "labels", \.labels, .optional(.list(.text, of: "labels")),
            "The labels in the order of the model's outputs; null takes the sorted labels of the training rows."),
        .init("learns", \.learns, .choice, "Which turns of a conversation are learned (instruction)."),
        .init(
            "template", \.template, .optional(.text),
            "A file with a chat template, or chatml or plain; null for the model's own (instruction)."),
        .init(
            "promptsAreChats", \.promptsAreChats, .optional(.flag),
            "Whether prompts are written through the chat template; null for yes where the model has one."),
        .init(
            "date", \.date, .optional(.day),
            "The day that chat templates write which ask for the date; null for the day of the plan, which the record keeps."),
    ]

    func check(_ site: RecipeSite) throws(RecipeError) {
        guard let labels else { return }
        if kind == .regression { throw site.conflict("labels", "regression has no labels; remove the key") }
        let least = kind == .classification ? 2 : 1
        if labels.count < least {
            throw .outOfRange(site.location("labels"), found: "\(labels.count)", expected: "at least \(least) labels, or null")
        }
    }
}

extension Recipe.DataSpec: RecipeSection {
    static var blank: Self { Self(train: "") }
    static let traits = RecipeSchema.Traits(exclusive: [
        RecipeExclusive(keys: ["validation", "validationFraction"], allowsZero: true),
        RecipeExclusive(keys: ["test", "testFraction"], allowsZero: true),
    ])
    static let fields: [RecipeField<Self>] =
        [
            .init("train", \.train, .path, isRequired: true, "The file of training rows, CSV or JSONL."),
            .init("validation", \.validation.file, .optional(.path), "The file of rows that steer training; null splits them off `train`."),
            .init(
                "test", \.test.file, .optional(.path),
                "The file of rows that nothing looks at before the end; null splits them off `train`."),
            .init("text", \.text, .optional(.text), "The column of the text; null finds it by its name."),
            .init("pair", \.pair, .optional(.text), "The column of a second text; null finds it by its name, unless `text` is given."),
            .init("label", \.label, .optional(.text), "The column of the label, labels or value; null finds it by its name."),
            .init(
                "labelSeparator", \.labelSeparator, .optional(.text),
                "What stands between several labels in a cell of a CSV file; null finds `|` or `;`."),
            .init("validationFraction", \.validation.fraction, .fraction, "The share of `train` held out for validation; 0 for none."),
            .init("testFraction", \.test.fraction, .fraction, "The share of `train` held out for the test; 0 for none."),
            .init("tooLong", \.tooLong, .choice, "What happens to a text longer than the model, or than `maximumTokens`."),
            .init("duplicates", \.duplicates, .choice, "What happens to training rows that repeat an earlier one."),
            .init("leakage", \.leakage, .choice, "What happens to rows that stand in two splits."),
            .init(
                "maximumTokens", \.maximumTokens, .optional(.integer(.atLeast(1))),
                "The longest text in tokens, special tokens included; null for the model's own limit."),
        ] + examples

    private static let examples: [RecipeField<Self>] = [
        .init(
            "maximumTargetTokens", \.maximumTargetTokens, .optional(.integer(.atLeast(2))),
            "The longest target in tokens (sequenceToSequence); null for `maximumTokens`."),
        .init("format", \.format, .optional(.choice), "The format of files of examples; null finds it."),
        .init("messages", \.exampleColumns.messages, .optional(.text), "The column of messages; null finds it by its name."),
        .init("prompt", \.exampleColumns.prompt, .optional(.text), "The column of prompts; null finds it by its name."),
        .init("completion", \.exampleColumns.completion, .optional(.text), "The column of completions; null finds it by its name."),
        .init("source", \.exampleColumns.source, .optional(.text), "The column of sources; null finds it by its name."),
        .init("target", \.exampleColumns.target, .optional(.text), "The column of targets; null finds it by its name."),
        .init("words", \.exampleColumns.words, .optional(.text), "The column of words; null finds it by its name."),
        .init("tags", \.exampleColumns.tags, .optional(.text), "The column of tags; null finds it by its name."),
        .init("context", \.exampleColumns.context, .optional(.text), "The column of contexts; null finds it by its name."),
        .init("question", \.exampleColumns.question, .optional(.text), "The column of questions; null finds it by its name."),
        .init("answers", \.exampleColumns.answers, .optional(.text), "The column of answers; null finds it by its name."),
        .init("targets", \.exampleOptions.targets, .choice, "What is learned where a row has several targets."),
        .init("documents", \.exampleOptions.documents, .choice, "What a document is in a file of plain text."),
        .init(
            "separator", \.exampleOptions.separator, .optional(.text),
            "What stands between documents in a file of plain text, such as \"<|endoftext|>\"; null for nothing."),
        .init("alpaca", \.exampleOptions.alpaca, .choice, "How Alpaca rows become text."),
        .init("tagging", \.exampleOptions.tagging, .choice, "What happens to tags that no entity begins with."),
        .init("droppedText", \.droppedText, .choice, "What happens when the chat template leaves out text of the data (instruction)."),
        .init("prefix", \.prefix, .optional(.text), "What the model reads before each source (sequenceToSequence); null for nothing."),
        .init(
            "stride", \.stride, .integer(.atLeast(0)),
            "How many tokens two windows of a context share that is longer than `maximumTokens` (questionAnswering)."),
    ]

    func check(_ site: RecipeSite) throws(RecipeError) {
        if exampleOptions.separator != nil, exampleOptions.documents != .whole {
            throw site.conflict("separator", "documents stand between separators, or between line ends; set documents: whole")
        }
        let heldOut = (validation.fraction ?? 0) + (test.fraction ?? 0)
        guard heldOut >= 1 else { return }
        throw site.conflict(
            "validationFraction",
            "validationFraction and testFraction together are \(RecipeTree(.number(heldOut)).compact); they must leave rows to train on")
    }
}

extension Recipe.DataSpec.HeldOut {
    /// Nil where the rows are a share; setting nil changes nothing.
    fileprivate var file: String? {
        get { if case .file(let path) = self { path } else { nil } }
        set { if let newValue { self = .file(newValue) } }
    }

    /// Nil where the rows have a file; a file stays, since only 0 may be given beside one.
    fileprivate var fraction: Double? {
        get { if case .fraction(let share) = self { share } else { nil } }
        set { if let newValue, file == nil { self = .fraction(newValue) } }
    }
}

extension Recipe.EvaluationSpec: RecipeSection {
    static var blank: Self { Self() }
    static let fields: [RecipeField<Self>] = [
        .init("confidence", \.confidence, .number(.atLeast(0.5, below: 1)), "The confidence level of every interval."),
        .init("resamples", \.resamples, .integer(.atLeast(100)), "Bootstrap resamples behind every interval."),
        .init(
            "generatedRows", \.generatedRows, .integer(.atLeast(0)),
            "Test examples that the model answers in full at the end (instruction, sequenceToSequence); 0 for none."),
        .init("generatesInTraining", \.generatesInTraining, .flag, "Whether validation examples are answered and scored in training too."),
        .init(
            "samples", \.samples, .integer(.atLeast(0)), "Texts that the model writes at each evaluation, to be read by a person (text)."),
        .init("samplePrompt", \.samplePrompt, .optional(.text), "What those texts go on with; null begins a document."),
        .init("maximumNewTokens", \.maximumNewTokens, .integer(.atLeast(1)), "The longest answer in tokens."),
        .init("beams", \.beams, .integer(.atLeast(1)), "Beams of the search (sequenceToSequence); 1 takes the likeliest token each time."),
        .init(
            "maximumAnswerTokens", \.maximumAnswerTokens, .integer(.atLeast(1)),
            "The longest answer that is looked for in a context, in tokens (questionAnswering)."),
        .init(
            "baseline", \.baseline, .choice,
            "What is measured before training: none, the frozen encoder's nearest centroid, or the untuned model."),
    ]
}

extension Recipe.OutputSpec: RecipeSection {
    static var blank: Self { Self() }
    static let fields: [RecipeField<Self>] = [
        .init("folder", \.folder, .path, "The folder that holds the run folders."),
        .init("name", \.name, .optional(.folderName), "The name of this run; null makes one."),
    ]
}

extension RecipeShape where Value == String {
    /// A day such as 2026-11-28.
    fileprivate static var day: Self {
        let expected = "a day such as \"2026-11-28\", in quotes"
        return Self(
            expected: expected,
            read: { (tree, key) throws(RecipeError) in
                guard case .text(let text) = tree.content else {
                    throw .wrongType(tree.place.location(key), found: tree.described, expected: expected, advice: nil)
                }
                guard TemplateDate(day: text) != nil else {
                    throw .outOfRange(tree.place.location(key), found: tree.written, expected: expected)
                }
                return text
            }, write: RecipeShape.text.write)
    }
}

extension RecipeShape where Value == Double? {
    /// A share of a file, or null for "not given".
    static var fraction: Self { .optional(.number(.atLeast(0, below: 1))) }
}
