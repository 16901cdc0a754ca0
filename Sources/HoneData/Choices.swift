// Tested by TextRowTests.swift

/// Says what a model learns from a row.
public enum TaskKind: String, Codable, Sendable, CaseIterable {
    /// One label out of several.
    case classification
    /// Any number of labels, none included.
    case multiLabel
    /// One number.
    case regression
}

/// Names the three parts of a data set.
public enum SplitName: String, Codable, Sendable, CaseIterable, CodingKeyRepresentable {
    /// The rows that are learned from.
    case train
    /// The rows that choose between checkpoints.
    case validation
    /// The rows that are looked at once, at the end.
    case test
}

/// Says what happens to duplicate or leaking rows.
public enum FindingPolicy: String, Codable, Sendable, CaseIterable {
    /// Keeps the rows and counts them.
    case report
    /// Drops the rows and counts them.
    case drop
    /// Stops with an error.
    case error
}

/// Says what happens to a row with more tokens than the model takes.
public enum TooLongPolicy: String, Codable, Sendable, CaseIterable {
    /// Stops with an error that lists the rows.
    case error
    /// Drops the row and counts it.
    case drop
    /// Cuts the text, keeps the special tokens, and counts the row.
    case truncate
    /// Makes several rows of it, so that every token is in one; for text, conversations and tagged words.
    case split
}

/// Says how rows share a batch.
public enum Batching: String, Codable, Sendable, CaseIterable {
    /// Rows follow each other without padding; attention must not cross a row's end.
    case packed
    /// Rows of about one length share a batch, padded to its longest.
    case bucketed
    /// Rows share a batch as they come, padded to its longest.
    case padded
}
