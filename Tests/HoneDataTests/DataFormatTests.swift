import HoneData
import Testing

@Suite("DataFormat")
struct DataFormatTests {
    @Test(
        "is chosen by the end of the name",
        arguments: [
            ("a.jsonl", DataFormat.jsonl), ("a.ndjson", .jsonl), ("a.json", .jsonl), ("A.CSV", .csv), ("a.b.tsv", .tsv), ("a.tab", .tsv),
        ])
    func chosen(file: String, format: DataFormat) throws {
        #expect(try DataFormat(file: file) == format)
    }

    @Test("refuses other endings", arguments: [("a.xlsx", ".xlsx"), ("a.csv.gz", ".gz"), ("train", "no extension")])
    func refused(file: String, found: String) {
        #expect(throws: DataError.unknownFormat(file: file, found: found)) { try DataFormat(file: file) }
    }
}
