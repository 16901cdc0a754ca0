// Tested by ReportPageTests.swift

/// Holds what a run's page shows; empty parts leave their section out or say that there is nothing.
public struct ReportInput: Codable, Sendable, Equatable {
    /// The page's title.
    public var title: String
    /// What was recorded: names, numbers, hashes, warnings.
    public var record: RunRecord
    /// The main numbers, most important first.
    public var summary: [Measure] = []
    /// The training steps, in order.
    public var steps: [Step] = []
    /// The evaluations, in order.
    public var evaluations: [Evaluation] = []
    /// Texts that the model wrote at evaluations, in order.
    public var samples: [Sample] = []
    /// Expected against predicted classes on the test rows.
    public var confusion: Confusion?
    /// One row per class.
    public var classes: [ClassRow] = []
    /// Wrong answers, worst first.
    public var mistakes: [Mistake] = []
    /// How many wrong answers there were in all.
    public var mistakeCount = 0
    /// The recipe as it was given.
    public var recipe = ""
    /// Commands that do the run again.
    public var commands: [String] = []

    /// Begins a page; the other parts are set one by one.
    public init(title: String, record: RunRecord) {
        self.title = title
        self.record = record
    }

    /// Begins a page with everything that the record and the log can tell: the main numbers and the curves.
    ///
    /// - Parameter events: the log as read; superseded events are left out here.
    public init(title: String, record: RunRecord, events: [TimedEvent]) {
        self.init(title: title, record: record)
        summary = Measure.all(of: record)
        for event in EventLog.effective(events) {
            switch event.event {
            case .step(let index, _, let loss, let norm, let rate, _, _, _):
                steps.append(Step(index: index, loss: loss, learningRate: rate, gradientNorm: norm))
            case .evaluation(let step, let split, let metrics, _):
                evaluations.append(Evaluation(step: step, split: split, metrics: metrics))
            case .sample(let step, let prompt, let text): samples.append(Sample(step: step, prompt: prompt, text: text))
            default: break
            }
        }
    }

    /// A number with its confidence interval.
    public struct Estimate: Codable, Sendable, Equatable {
        /// The number.
        public var value: Double
        /// The interval's lower end.
        public var low: Double?
        /// The interval's upper end.
        public var high: Double?

        /// Makes an estimate, with or without an interval.
        public init(value: Double, low: Double? = nil, high: Double? = nil) {
            (self.value, self.low, self.high) = (value, low, high)
        }
    }

    /// One of the main numbers, before and after.
    public struct Measure: Codable, Sendable, Equatable {
        /// What is measured, as a person calls it.
        public var name: String
        /// The rows it was measured on.
        public var split: String
        /// Whether the number is a share of 1, to be shown in per cent.
        public var isShare: Bool
        /// Whether less is better.
        public var isBetterLow: Bool
        /// The number of the untrained model.
        public var before: Estimate?
        /// The number of the trained model.
        public var after: Estimate?

        /// Makes a row of the summary.
        public init(
            name: String, split: String = "test", isShare: Bool = true, isBetterLow: Bool = false, before: Estimate? = nil,
            after: Estimate? = nil
        ) {
            (self.name, self.split, self.isShare, self.isBetterLow) = (name, split, isShare, isBetterLow)
            (self.before, self.after) = (before, after)
        }

        /// Pairs the record's metrics of before and after, in the record's order.
        public static func all(of record: RunRecord) -> [Measure] {
            var measures: [Measure] = []
            for metric in record.metrics {
                let estimate = Estimate(value: metric.value, low: metric.low, high: metric.high)
                let name = Self.title(of: metric.name)
                let place = measures.firstIndex { $0.name == name && $0.split == metric.split } ?? measures.count
                if place == measures.count {
                    let words = (isShare: MetricWords.isShare(metric.name), isBetterLow: MetricWords.isBetterLow(metric.name))
                    measures.append(Measure(name: name, split: metric.split, isShare: words.isShare, isBetterLow: words.isBetterLow))
                }
                if metric.phase == .before { measures[place].before = estimate } else { measures[place].after = estimate }
            }
            return measures
        }

        static func title(of metric: String) -> String {
            let title = MetricWords.title(metric)
            return metric == "chrF" ? title : title.prefix(1).uppercased() + title.dropFirst()
        }
    }

    /// One optimizer step.
    public struct Step: Codable, Sendable, Equatable {
        /// Counts from 1.
        public var index: Int
        /// Mean loss per target.
        public var loss: Double
        /// The rate of the step.
        public var learningRate: Double
        /// Norm of the gradient before clipping.
        public var gradientNorm: Double?

        /// Makes a point of the curves.
        public init(index: Int, loss: Double, learningRate: Double, gradientNorm: Double? = nil) {
            (self.index, self.loss, self.learningRate, self.gradientNorm) = (index, loss, learningRate, gradientNorm)
        }
    }

    /// One evaluation during training.
    public struct Evaluation: Codable, Sendable, Equatable {
        /// After which step.
        public var step: Int
        /// On which rows.
        public var split: String
        /// The numbers; `loss` joins the loss curve, the others get their own chart.
        public var metrics: [String: Double]

        /// Makes a point of the curves.
        public init(step: Int, split: String, metrics: [String: Double]) {
            (self.step, self.split, self.metrics) = (step, split, metrics)
        }
    }

    /// A text that the model wrote at an evaluation.
    public struct Sample: Codable, Sendable, Equatable {
        /// After which step.
        public var step: Int
        /// What it goes on with; empty for a document of its own.
        public var prompt: String
        /// What was written.
        public var text: String

        /// Makes a sample.
        public init(step: Int, prompt: String, text: String) { (self.step, self.prompt, self.text) = (step, prompt, text) }
    }

    /// Counts expected against predicted classes.
    public struct Confusion: Codable, Sendable, Equatable {
        /// The classes.
        public var labels: [String]
        /// `counts[expected][predicted]`, as many rows and columns as there are labels.
        public var counts: [[Int]]

        /// Makes a matrix.
        ///
        /// - Precondition: `counts` is square, of the size of `labels`.
        public init(labels: [String], counts: [[Int]]) {
            precondition(counts.count == labels.count && counts.allSatisfy { $0.count == labels.count }, "the matrix is not square")
            (self.labels, self.counts) = (labels, counts)
        }
    }

    /// How well one class is told from the others.
    public struct ClassRow: Codable, Sendable, Equatable {
        /// The class.
        public var name: String
        /// Rows of this class.
        public var rows: Int
        /// Of the rows predicted so, the share that is so.
        public var precision: Double
        /// Of the rows that are so, the share predicted so.
        public var recall: Double
        /// The harmonic mean of both.
        public var f1: Double

        /// Makes a row of the table.
        public init(name: String, rows: Int, precision: Double, recall: Double, f1: Double) {
            (self.name, self.rows, self.precision, self.recall, self.f1) = (name, rows, precision, recall, f1)
        }
    }

    /// One wrong answer.
    public struct Mistake: Codable, Sendable, Equatable {
        /// The text.
        public var text: String
        /// The second text of a pair.
        public var pair: String?
        /// The right answer.
        public var expected: String
        /// The answer given.
        public var predicted: String
        /// The probability that the model gave to its answer, 0 to 1.
        public var confidence: Double?

        /// Makes a wrong answer.
        public init(text: String, pair: String? = nil, expected: String, predicted: String, confidence: Double? = nil) {
            (self.text, self.pair, self.expected) = (text, pair, expected)
            (self.predicted, self.confidence) = (predicted, confidence)
        }
    }
}
