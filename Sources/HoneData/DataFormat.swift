import Foundation

/// Names the file formats that rows are read from.
public enum DataFormat: String, Codable, Sendable, CaseIterable {
    /// One JSON object on each line; `.jsonl`, `.ndjson` and `.json`.
    case jsonl
    /// Comma-separated values after RFC 4180 with a header; `.csv`.
    case csv
    /// Tab-separated values with a header and RFC 4180's quotes; `.tsv` and `.tab`.
    case tsv

    /// Chooses the format by the end of the file's name.
    ///
    /// - Throws: `DataError.unknownFormat` for any other ending.
    public init(file: String) throws(DataError) {
        let ending = URL(filePath: file).pathExtension
        switch ending.lowercased() {
        case "jsonl", "ndjson", "json": self = .jsonl
        case "csv": self = .csv
        case "tsv", "tab": self = .tsv
        default: throw DataError.unknownFormat(file: file, found: ending.isEmpty ? "no extension" : "." + ending)
        }
    }

    static let endings = ".jsonl, .csv or .tsv"
}
