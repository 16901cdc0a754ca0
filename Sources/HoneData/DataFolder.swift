public import Foundation

/// Finds the files of a data set that lies in one folder under the names that mlx-lm and the Hugging Face hub use.
public struct DataFolder: Sendable, Equatable {
    /// `train.…`.
    public var train: URL
    /// `valid.…`, `validation.…`, `val.…` or `dev.…`; nil if there is none.
    public var validation: URL?
    /// `test.…`; nil if there is none.
    public var test: URL?

    /// Looks into a folder; nil if `url` is no folder.
    ///
    /// - Throws: `DataError.folder` for a folder without training file, and for one with two files of one name.
    public init?(_ url: URL, name: String) throws(DataError) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue else { return nil }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
        func find(_ stems: [String]) throws(DataError) -> URL? {
            let found = names.filter { file in
                let path = URL(filePath: file)
                return stems.contains(path.deletingPathExtension().lastPathComponent)
                    && ExampleReader.endings.contains(path.pathExtension.lowercased())
            }
            guard found.count <= 1 else { throw .ambiguousFolder(folder: name, files: found) }
            return found.first.map { url.appending(path: $0) }
        }
        guard let train = try find(["train"]) else { throw .folder(file: name) }
        self.train = train
        validation = try find(["valid", "validation", "val", "dev"])
        test = try find(["test"])
    }
}
